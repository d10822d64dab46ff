// The Sun and the four giant planets in f64: positions and velocities from the Computer Language Benchmarks Game.
// `run(n)` makes n steps of 0.01 days with the leapfrog method and returns the energy.

#define BODIES 5
#define PI 3.141592653589793
#define SOLAR_MASS (4 * PI * PI)
#define DAYS 365.24

typedef struct {
  double x[3], v[3], mass;
} Body;

static const Body INITIAL[BODIES] = {
    {{0, 0, 0}, {0, 0, 0}, SOLAR_MASS},
    {{4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01},
     {1.66007664274403694e-03 * DAYS, 7.69901118419740425e-03 * DAYS, -6.90460016972063023e-05 * DAYS},
     9.54791938424326609e-04 * SOLAR_MASS},
    {{8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01},
     {-2.76742510726411e-03 * DAYS, 4.99852801234917238e-03 * DAYS, 2.30417297573763929e-05 * DAYS},
     2.85885980666130812e-04 * SOLAR_MASS},
    {{1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01},
     {2.96460137564761618e-03 * DAYS, 2.37847173959480950e-03 * DAYS, -2.96589568540237556e-05 * DAYS},
     4.36624404335156298e-05 * SOLAR_MASS},
    {{1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01},
     {2.68067772490389322e-03 * DAYS, 1.62824170038242295e-03 * DAYS, -9.51592254519715870e-05 * DAYS},
     5.15138902046611451e-05 * SOLAR_MASS},
};

static double distance_squared(const Body *a, const Body *b) {
  double sum = 0;
  for (int i = 0; i < 3; i++) {
    double d = a->x[i] - b->x[i];
    sum += d * d;
  }
  return sum;
}

// Gives the Sun the momentum that makes the whole system's zero.
static void rest(Body *bodies) {
  for (int i = 0; i < 3; i++) {
    double momentum = 0;
    for (int b = 0; b < BODIES; b++) momentum += bodies[b].v[i] * bodies[b].mass;
    bodies[0].v[i] = -momentum / SOLAR_MASS;
  }
}

static void step(Body *bodies, double dt) {
  for (int a = 0; a < BODIES; a++) {
    for (int b = a + 1; b < BODIES; b++) {
      double d2 = distance_squared(&bodies[a], &bodies[b]);
      double pull = dt / (d2 * __builtin_sqrt(d2));
      for (int i = 0; i < 3; i++) {
        double d = bodies[a].x[i] - bodies[b].x[i];
        bodies[a].v[i] -= d * bodies[b].mass * pull;
        bodies[b].v[i] += d * bodies[a].mass * pull;
      }
    }
  }
  for (int b = 0; b < BODIES; b++)
    for (int i = 0; i < 3; i++) bodies[b].x[i] += dt * bodies[b].v[i];
}

static double energy(const Body *bodies) {
  double sum = 0;
  for (int a = 0; a < BODIES; a++) {
    const double *v = bodies[a].v;
    sum += 0.5 * bodies[a].mass * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int b = a + 1; b < BODIES; b++)
      sum -= bodies[a].mass * bodies[b].mass / __builtin_sqrt(distance_squared(&bodies[a], &bodies[b]));
  }
  return sum;
}

double run(unsigned n) {
  Body bodies[BODIES];
  for (int b = 0; b < BODIES; b++) bodies[b] = INITIAL[b];
  rest(bodies);
  while (n--) step(bodies, 0.01);
  return energy(bodies);
}
