//! Least squares with coefficients that are not negative: what a unit of work takes cannot be less than nothing.
//!
//! The method is Lawson and Hanson's active set. Each observation is divided by its value, so errors are relative; each column
//! by its norm, so units do not matter. Confidence is a bootstrap over observations, errors of unseen observations come from
//! leaving out a sixth at a time; both are deterministic.

use super::mixes::Random;

/// Parts into which observations are cut to leave out one at a time.
const FOLDS: usize = 6;
/// Samples of the bootstrap.
const RESAMPLES: usize = 200;

/// Relative errors, as parts of the observed value.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Errors {
    /// Mean of their sizes.
    pub mean: f64,
    /// The largest size.
    pub max: f64,
}

/// A linear fit through the origin.
#[derive(Clone, PartialEq, Debug)]
pub struct Regression {
    /// By column; not negative.
    pub coefficients: Vec<f64>,
    /// Ends of the 95 % interval of each coefficient.
    pub intervals: Vec<(f64, f64)>,
    /// Part of the observations' variance that the fit explains.
    pub r_squared: f64,
    /// Errors of the fitted observations.
    pub fitted: Errors,
    /// Errors of observations by a fit to others.
    pub held_out: Errors,
}

impl Regression {
    /// Fits `rows * coefficients = values`; values are positive, and every row has the same length.
    pub fn new(rows: &[Vec<f64>], values: &[f64]) -> Regression {
        let coefficients = solve(rows, values);
        let all: Vec<usize> = (0..rows.len()).collect();
        let fitted = errors(rows, values, &all, &coefficients);

        let mut held_out = Errors::default();
        for fold in 0..FOLDS {
            let (out, rest): (Vec<usize>, Vec<usize>) =
                all.iter().partition(|i| *i % FOLDS == fold);
            let from = solve(&pick(rows, &rest), &pick(values, &rest));
            let error = errors(rows, values, &out, &from);
            held_out.mean += error.mean * out.len() as f64 / rows.len().max(1) as f64;
            held_out.max = held_out.max.max(error.max);
        }

        let mut random = Random::new(1);
        let mut samples: Vec<Vec<f64>> = vec![Vec::new(); coefficients.len()];
        for _ in 0..RESAMPLES {
            let chosen: Vec<usize> = all.iter().map(|_| random.below(rows.len())).collect();
            let coefficients = solve(&pick(rows, &chosen), &pick(values, &chosen));
            for (list, x) in samples.iter_mut().zip(coefficients) {
                list.push(x);
            }
        }
        let interval = |list: &mut Vec<f64>| {
            list.sort_by(f64::total_cmp);
            (list[RESAMPLES / 40], list[RESAMPLES - 1 - RESAMPLES / 40])
        };
        Regression {
            intervals: samples.iter_mut().map(interval).collect(),
            r_squared: r_squared(rows, values, &coefficients),
            coefficients,
            fitted,
            held_out,
        }
    }
}

/// The value that the coefficients give a row.
pub fn predict(row: &[f64], coefficients: &[f64]) -> f64 {
    row.iter().zip(coefficients).map(|(x, c)| x * c).sum()
}

/// The middle value, of an even number the mean of the two in the middle; `None` of none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        _ if sorted.is_empty() => None,
        0 => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
        _ => Some(sorted[middle]),
    }
}

fn pick<T: Clone>(of: &[T], at: &[usize]) -> Vec<T> {
    at.iter().map(|&i| of[i].clone()).collect()
}

fn errors(rows: &[Vec<f64>], values: &[f64], at: &[usize], coefficients: &[f64]) -> Errors {
    let mut errors = Errors::default();
    for &i in at {
        let error = (predict(&rows[i], coefficients) / values[i] - 1.0).abs();
        errors.mean += error / at.len() as f64;
        errors.max = errors.max.max(error);
    }
    errors
}

fn r_squared(rows: &[Vec<f64>], values: &[f64], coefficients: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let residual: f64 = rows
        .iter()
        .zip(values)
        .map(|(row, y)| (y - predict(row, coefficients)).powi(2))
        .sum();
    let total: f64 = values.iter().map(|y| (y - mean).powi(2)).sum();
    if total > 0.0 {
        1.0 - residual / total
    } else {
        1.0
    }
}

/// The coefficients, none negative, with the least sum of squared relative errors.
fn solve(rows: &[Vec<f64>], values: &[f64]) -> Vec<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    let mut scale = vec![0.0; columns];
    for (row, y) in rows.iter().zip(values) {
        for (s, x) in scale.iter_mut().zip(row) {
            *s += (x / y).powi(2);
        }
    }
    let scale: Vec<f64> = scale.iter().map(|s| f64::sqrt(*s)).collect();
    // The normal equations: gram * x = target.
    let mut gram = vec![vec![0.0; columns]; columns];
    let mut target = vec![0.0; columns];
    for (row, y) in rows.iter().zip(values) {
        let scaled = |i: usize| {
            if scale[i] > 0.0 {
                row[i] / y / scale[i]
            } else {
                0.0
            }
        };
        for i in 0..columns {
            let x = scaled(i);
            target[i] += x;
            for (j, cell) in gram[i].iter_mut().enumerate() {
                *cell += x * scaled(j);
            }
        }
    }
    let solution = active_set(&gram, &target);
    let unscale = |(x, s): (f64, &f64)| if *s > 0.0 { x / s } else { 0.0 };
    solution.into_iter().zip(&scale).map(unscale).collect()
}

/// Lawson and Hanson: the free coefficients solve their equations; the one whose growth helps most is freed next, and one that
/// would turn negative is fixed at zero.
fn active_set(gram: &[Vec<f64>], target: &[f64]) -> Vec<f64> {
    const SMALL: f64 = 1e-10;
    let n = target.len();
    let mut x = vec![0.0; n];
    let mut free = vec![false; n];
    for _ in 0..3 * n {
        let slope = |i: usize| target[i] - predict(&gram[i], &x);
        let next = (0..n)
            .filter(|&i| !free[i] && gram[i][i] > SMALL)
            .max_by(|&a, &b| slope(a).total_cmp(&slope(b)));
        let Some(next) = next.filter(|&i| slope(i) > SMALL) else {
            break;
        };
        free[next] = true;
        // Each turn fixes a coefficient or ends.
        while free.iter().any(|f| *f) {
            let at: Vec<usize> = (0..n).filter(|&i| free[i]).collect();
            let Some(solution) = linear(gram, target, &at) else {
                free[next] = false;
                break;
            };
            let step = at
                .iter()
                .zip(&solution)
                .filter(|(_, s)| **s <= 0.0)
                .map(|(&i, s)| x[i] / (x[i] - s).max(f64::MIN_POSITIVE))
                .fold(1.0, f64::min);
            for (&i, s) in at.iter().zip(&solution) {
                x[i] += step * (s - x[i]);
            }
            if solution.iter().all(|s| *s > 0.0) {
                break;
            }
            for (&i, s) in at.iter().zip(&solution) {
                if *s <= 0.0 && x[i] <= SMALL {
                    (x[i], free[i]) = (0.0, false);
                }
            }
        }
    }
    x
}

/// Solves the equations of the chosen unknowns by elimination with pivots; `None` if they do not determine them.
fn linear(gram: &[Vec<f64>], target: &[f64], at: &[usize]) -> Option<Vec<f64>> {
    let n = at.len();
    let mut m: Vec<Vec<f64>> = at
        .iter()
        .map(|&i| at.iter().map(|&j| gram[i][j]).chain([target[i]]).collect())
        .collect();
    for c in 0..n {
        let pivot = (c..n).max_by(|&a, &b| m[a][c].abs().total_cmp(&m[b][c].abs()))?;
        if m[pivot][c].abs() < 1e-12 {
            return None;
        }
        m.swap(c, pivot);
        let (above, below) = m.split_at_mut(c + 1);
        let row = &above[c];
        for other in below {
            let factor = other[c] / row[c];
            for (x, y) in other.iter_mut().zip(row).skip(c) {
                *x -= factor * y;
            }
        }
    }
    let mut x = vec![0.0; n];
    for c in (0..n).rev() {
        let rest: f64 = (c + 1..n).map(|j| m[c][j] * x[j]).sum();
        x[c] = (m[c][n] - rest) / m[c][c];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Observations of known coefficients, with errors of at most `noise`.
    fn observe(truth: &[f64], count: usize, noise: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
        let mut random = Random::new(7);
        let mut unit = move || random.below(1 << 20) as f64 / f64::from(1 << 20);
        let mut rows = Vec::new();
        let mut values = Vec::new();
        for _ in 0..count {
            let size = 10f64.powf(3.0 + 3.0 * unit());
            let row: Vec<f64> = (0..truth.len())
                .map(|i| if i == 0 { 1.0 } else { size * unit() })
                .collect();
            let exact = predict(&row, truth);
            values.push(exact * (1.0 + noise * (2.0 * unit() - 1.0)));
            rows.push(row);
        }
        (rows, values)
    }

    #[test]
    fn known_coefficients_are_found() {
        let truth = [2e-2, 3e-9, 0.0, 7e-8];
        let (rows, values) = observe(&truth, 40, 0.0);
        let found = Regression::new(&rows, &values);
        for (found, truth) in found.coefficients.iter().zip(truth) {
            assert!(
                (found - truth).abs() <= 1e-6 * truth + 1e-15,
                "{found:e} {truth:e}"
            );
        }
        assert!(found.r_squared > 0.999_999 && found.held_out.max < 1e-6);
    }

    #[test]
    fn noise_widens_the_intervals_around_the_truth() {
        let truth = [2e-3, 5e-8, 0.0, 7e-8];
        let (rows, values) = observe(&truth, 60, 0.1);
        let found = Regression::new(&rows, &values);
        for (i, truth) in truth.into_iter().enumerate() {
            let (low, high) = found.intervals[i];
            assert!(low <= found.coefficients[i] && found.coefficients[i] <= high);
            assert!(
                low <= truth * 1.05 && truth <= high * 1.05,
                "{i}: {low:e} {high:e}"
            );
        }
        assert!(found.fitted.max > 0.05 && found.held_out.mean < 0.1);
        let (low, high) = found.intervals[3];
        assert!(high > low * 1.001);
    }

    #[test]
    fn no_coefficient_is_negative() {
        // The plain least-squares solution is (2, -1).
        let rows = [vec![1.0, 1.0], vec![2.0, 1.0], vec![3.0, 1.0]];
        let found = solve(&rows, &[1.0, 3.0, 5.0]);
        assert!(
            found[1] == 0.0 && found[0] > 1.0 && found[0] < 2.0,
            "{found:?}"
        );
    }

    #[test]
    fn equal_columns_and_empty_ones_do_no_harm() {
        let rows: Vec<Vec<f64>> = (1..9)
            .map(|i| vec![f64::from(i), f64::from(i), 0.0])
            .collect();
        let values: Vec<f64> = (1..9).map(|i| 3.0 * f64::from(i)).collect();
        let found = Regression::new(&rows, &values);
        assert!((found.coefficients[0] + found.coefficients[1] - 3.0).abs() < 1e-9);
        assert_eq!(found.coefficients[2], 0.0);
        assert_eq!(solve(&[], &[]), Vec::<f64>::new());
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }
}
