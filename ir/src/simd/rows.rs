//! The table of the simd dialect: name, lane shape, lane operation. Everything else about a row follows from these two.

use super::{LaneOp, Load, Shape};
use crate::attr::Cond;

/// `Variant "name" = Shape Operation;` for each instruction expands to the dialect, whose operands, results, attributes,
/// traits and descriptions are the operation's, and to the list of shapes and operations in the same order.
macro_rules! rows {
    ($($Variant:ident $name:literal = $Shape:ident $Op:ident $(($arg:expr))? $({ $($field:ident: $value:expr),* })?;)*) => {
        const LANES: &[(Shape, LaneOp)] =
            &[$((Shape::$Shape, LaneOp::$Op $(($arg))? $({ $($field: $value),* })?),)*];

        crate::dialect! {
            /// WebAssembly's vector instructions, fixed and relaxed.
            pub enum SimdOp as SIMD, "simd" {
                $($Variant, $name =>
                    .operands(SimdOp::$Variant.facts().operands)
                    .results(SimdOp::$Variant.facts().results)
                    .attrs(SimdOp::$Variant.facts().attrs)
                    .with(SimdOp::$Variant.facts().traits)
                    .doc(SimdOp::$Variant.facts().doc);)*
            }
        }
    };
}

impl SimdOp {
    /// Shape of the result's lanes, or of the operands' where the result is a scalar or nothing.
    pub const fn shape(self) -> Shape {
        LANES[self as usize].0
    }

    /// What is done with the lanes.
    pub const fn lane_op(self) -> LaneOp {
        LANES[self as usize].1
    }

    /// The instruction that does this with lanes of this shape; the fixed one where a relaxed one does the same.
    pub fn of(shape: Shape, op: LaneOp) -> Option<SimdOp> {
        let mut all = SimdOp::ALL.iter().copied();
        all.find(|row| (row.shape(), row.lane_op()) == (shape, op))
    }

    const fn facts(self) -> super::Facts {
        self.lane_op().facts(self.shape())
    }
}

rows! {
    V128Load "v128.load" = V128 Load(Load::Whole);
    V128Load8x8S "v128.load8x8_s" = I16x8 Load(Load::Extend { signed: true });
    V128Load8x8U "v128.load8x8_u" = I16x8 Load(Load::Extend { signed: false });
    V128Load16x4S "v128.load16x4_s" = I32x4 Load(Load::Extend { signed: true });
    V128Load16x4U "v128.load16x4_u" = I32x4 Load(Load::Extend { signed: false });
    V128Load32x2S "v128.load32x2_s" = I64x2 Load(Load::Extend { signed: true });
    V128Load32x2U "v128.load32x2_u" = I64x2 Load(Load::Extend { signed: false });
    V128Load8Splat "v128.load8_splat" = I8x16 Load(Load::Splat);
    V128Load16Splat "v128.load16_splat" = I16x8 Load(Load::Splat);
    V128Load32Splat "v128.load32_splat" = I32x4 Load(Load::Splat);
    V128Load64Splat "v128.load64_splat" = I64x2 Load(Load::Splat);
    V128Load32Zero "v128.load32_zero" = I32x4 Load(Load::Zero);
    V128Load64Zero "v128.load64_zero" = I64x2 Load(Load::Zero);
    V128Store "v128.store" = V128 Store;
    V128Load8Lane "v128.load8_lane" = I8x16 LoadLane;
    V128Load16Lane "v128.load16_lane" = I16x8 LoadLane;
    V128Load32Lane "v128.load32_lane" = I32x4 LoadLane;
    V128Load64Lane "v128.load64_lane" = I64x2 LoadLane;
    V128Store8Lane "v128.store8_lane" = I8x16 StoreLane;
    V128Store16Lane "v128.store16_lane" = I16x8 StoreLane;
    V128Store32Lane "v128.store32_lane" = I32x4 StoreLane;
    V128Store64Lane "v128.store64_lane" = I64x2 StoreLane;
    V128Const "v128.const" = V128 Const;
    I8x16Shuffle "i8x16.shuffle" = I8x16 Shuffle;
    I8x16ExtractLaneS "i8x16.extract_lane_s" = I8x16 Extract { signed: true };
    I8x16ExtractLaneU "i8x16.extract_lane_u" = I8x16 Extract { signed: false };
    I8x16ReplaceLane "i8x16.replace_lane" = I8x16 Replace;
    I16x8ExtractLaneS "i16x8.extract_lane_s" = I16x8 Extract { signed: true };
    I16x8ExtractLaneU "i16x8.extract_lane_u" = I16x8 Extract { signed: false };
    I16x8ReplaceLane "i16x8.replace_lane" = I16x8 Replace;
    I32x4ExtractLane "i32x4.extract_lane" = I32x4 Extract { signed: false };
    I32x4ReplaceLane "i32x4.replace_lane" = I32x4 Replace;
    I64x2ExtractLane "i64x2.extract_lane" = I64x2 Extract { signed: false };
    I64x2ReplaceLane "i64x2.replace_lane" = I64x2 Replace;
    F32x4ExtractLane "f32x4.extract_lane" = F32x4 Extract { signed: false };
    F32x4ReplaceLane "f32x4.replace_lane" = F32x4 Replace;
    F64x2ExtractLane "f64x2.extract_lane" = F64x2 Extract { signed: false };
    F64x2ReplaceLane "f64x2.replace_lane" = F64x2 Replace;
    I8x16Swizzle "i8x16.swizzle" = I8x16 Swizzle;
    I8x16Splat "i8x16.splat" = I8x16 Splat;
    I16x8Splat "i16x8.splat" = I16x8 Splat;
    I32x4Splat "i32x4.splat" = I32x4 Splat;
    I64x2Splat "i64x2.splat" = I64x2 Splat;
    F32x4Splat "f32x4.splat" = F32x4 Splat;
    F64x2Splat "f64x2.splat" = F64x2 Splat;
    I8x16Eq "i8x16.eq" = I8x16 Compare(Cond::Eq);
    I8x16Ne "i8x16.ne" = I8x16 Compare(Cond::Ne);
    I8x16LtS "i8x16.lt_s" = I8x16 Compare(Cond::Slt);
    I8x16LtU "i8x16.lt_u" = I8x16 Compare(Cond::Ult);
    I8x16GtS "i8x16.gt_s" = I8x16 Compare(Cond::Sgt);
    I8x16GtU "i8x16.gt_u" = I8x16 Compare(Cond::Ugt);
    I8x16LeS "i8x16.le_s" = I8x16 Compare(Cond::Sle);
    I8x16LeU "i8x16.le_u" = I8x16 Compare(Cond::Ule);
    I8x16GeS "i8x16.ge_s" = I8x16 Compare(Cond::Sge);
    I8x16GeU "i8x16.ge_u" = I8x16 Compare(Cond::Uge);
    I16x8Eq "i16x8.eq" = I16x8 Compare(Cond::Eq);
    I16x8Ne "i16x8.ne" = I16x8 Compare(Cond::Ne);
    I16x8LtS "i16x8.lt_s" = I16x8 Compare(Cond::Slt);
    I16x8LtU "i16x8.lt_u" = I16x8 Compare(Cond::Ult);
    I16x8GtS "i16x8.gt_s" = I16x8 Compare(Cond::Sgt);
    I16x8GtU "i16x8.gt_u" = I16x8 Compare(Cond::Ugt);
    I16x8LeS "i16x8.le_s" = I16x8 Compare(Cond::Sle);
    I16x8LeU "i16x8.le_u" = I16x8 Compare(Cond::Ule);
    I16x8GeS "i16x8.ge_s" = I16x8 Compare(Cond::Sge);
    I16x8GeU "i16x8.ge_u" = I16x8 Compare(Cond::Uge);
    I32x4Eq "i32x4.eq" = I32x4 Compare(Cond::Eq);
    I32x4Ne "i32x4.ne" = I32x4 Compare(Cond::Ne);
    I32x4LtS "i32x4.lt_s" = I32x4 Compare(Cond::Slt);
    I32x4LtU "i32x4.lt_u" = I32x4 Compare(Cond::Ult);
    I32x4GtS "i32x4.gt_s" = I32x4 Compare(Cond::Sgt);
    I32x4GtU "i32x4.gt_u" = I32x4 Compare(Cond::Ugt);
    I32x4LeS "i32x4.le_s" = I32x4 Compare(Cond::Sle);
    I32x4LeU "i32x4.le_u" = I32x4 Compare(Cond::Ule);
    I32x4GeS "i32x4.ge_s" = I32x4 Compare(Cond::Sge);
    I32x4GeU "i32x4.ge_u" = I32x4 Compare(Cond::Uge);
    I64x2Eq "i64x2.eq" = I64x2 Compare(Cond::Eq);
    I64x2Ne "i64x2.ne" = I64x2 Compare(Cond::Ne);
    I64x2LtS "i64x2.lt_s" = I64x2 Compare(Cond::Slt);
    I64x2GtS "i64x2.gt_s" = I64x2 Compare(Cond::Sgt);
    I64x2LeS "i64x2.le_s" = I64x2 Compare(Cond::Sle);
    I64x2GeS "i64x2.ge_s" = I64x2 Compare(Cond::Sge);
    V128Not "v128.not" = V128 Not;
    V128And "v128.and" = V128 And;
    V128AndNot "v128.andnot" = V128 AndNot;
    V128Or "v128.or" = V128 Or;
    V128Xor "v128.xor" = V128 Xor;
    V128Bitselect "v128.bitselect" = V128 Bitselect;
    V128AnyTrue "v128.any_true" = V128 AnyTrue;
    I8x16Abs "i8x16.abs" = I8x16 Abs;
    I8x16Neg "i8x16.neg" = I8x16 Neg;
    I8x16Popcnt "i8x16.popcnt" = I8x16 Popcnt;
    I8x16AllTrue "i8x16.all_true" = I8x16 AllTrue;
    I8x16Bitmask "i8x16.bitmask" = I8x16 Bitmask;
    I8x16NarrowI16x8S "i8x16.narrow_i16x8_s" = I8x16 Narrow { signed: true };
    I8x16NarrowI16x8U "i8x16.narrow_i16x8_u" = I8x16 Narrow { signed: false };
    I8x16Shl "i8x16.shl" = I8x16 Shl;
    I8x16ShrS "i8x16.shr_s" = I8x16 Shr { signed: true };
    I8x16ShrU "i8x16.shr_u" = I8x16 Shr { signed: false };
    I8x16Add "i8x16.add" = I8x16 Add;
    I8x16AddSatS "i8x16.add_sat_s" = I8x16 AddSat { signed: true };
    I8x16AddSatU "i8x16.add_sat_u" = I8x16 AddSat { signed: false };
    I8x16Sub "i8x16.sub" = I8x16 Sub;
    I8x16SubSatS "i8x16.sub_sat_s" = I8x16 SubSat { signed: true };
    I8x16SubSatU "i8x16.sub_sat_u" = I8x16 SubSat { signed: false };
    I8x16MinS "i8x16.min_s" = I8x16 Min { signed: true };
    I8x16MinU "i8x16.min_u" = I8x16 Min { signed: false };
    I8x16MaxS "i8x16.max_s" = I8x16 Max { signed: true };
    I8x16MaxU "i8x16.max_u" = I8x16 Max { signed: false };
    I8x16AvgrU "i8x16.avgr_u" = I8x16 Avgr;
    I16x8ExtAddPairwiseI8x16S "i16x8.extadd_pairwise_i8x16_s" = I16x8 ExtAddPairwise { signed: true };
    I16x8ExtAddPairwiseI8x16U "i16x8.extadd_pairwise_i8x16_u" = I16x8 ExtAddPairwise { signed: false };
    I16x8Abs "i16x8.abs" = I16x8 Abs;
    I16x8Neg "i16x8.neg" = I16x8 Neg;
    I16x8Q15MulrSatS "i16x8.q15mulr_sat_s" = I16x8 Q15Mulr;
    I16x8AllTrue "i16x8.all_true" = I16x8 AllTrue;
    I16x8Bitmask "i16x8.bitmask" = I16x8 Bitmask;
    I16x8NarrowI32x4S "i16x8.narrow_i32x4_s" = I16x8 Narrow { signed: true };
    I16x8NarrowI32x4U "i16x8.narrow_i32x4_u" = I16x8 Narrow { signed: false };
    I16x8ExtendLowI8x16S "i16x8.extend_low_i8x16_s" = I16x8 Extend { high: false, signed: true };
    I16x8ExtendHighI8x16S "i16x8.extend_high_i8x16_s" = I16x8 Extend { high: true, signed: true };
    I16x8ExtendLowI8x16U "i16x8.extend_low_i8x16_u" = I16x8 Extend { high: false, signed: false };
    I16x8ExtendHighI8x16U "i16x8.extend_high_i8x16_u" = I16x8 Extend { high: true, signed: false };
    I16x8Shl "i16x8.shl" = I16x8 Shl;
    I16x8ShrS "i16x8.shr_s" = I16x8 Shr { signed: true };
    I16x8ShrU "i16x8.shr_u" = I16x8 Shr { signed: false };
    I16x8Add "i16x8.add" = I16x8 Add;
    I16x8AddSatS "i16x8.add_sat_s" = I16x8 AddSat { signed: true };
    I16x8AddSatU "i16x8.add_sat_u" = I16x8 AddSat { signed: false };
    I16x8Sub "i16x8.sub" = I16x8 Sub;
    I16x8SubSatS "i16x8.sub_sat_s" = I16x8 SubSat { signed: true };
    I16x8SubSatU "i16x8.sub_sat_u" = I16x8 SubSat { signed: false };
    I16x8Mul "i16x8.mul" = I16x8 Mul;
    I16x8MinS "i16x8.min_s" = I16x8 Min { signed: true };
    I16x8MinU "i16x8.min_u" = I16x8 Min { signed: false };
    I16x8MaxS "i16x8.max_s" = I16x8 Max { signed: true };
    I16x8MaxU "i16x8.max_u" = I16x8 Max { signed: false };
    I16x8AvgrU "i16x8.avgr_u" = I16x8 Avgr;
    I16x8ExtMulLowI8x16S "i16x8.extmul_low_i8x16_s" = I16x8 ExtMul { high: false, signed: true };
    I16x8ExtMulHighI8x16S "i16x8.extmul_high_i8x16_s" = I16x8 ExtMul { high: true, signed: true };
    I16x8ExtMulLowI8x16U "i16x8.extmul_low_i8x16_u" = I16x8 ExtMul { high: false, signed: false };
    I16x8ExtMulHighI8x16U "i16x8.extmul_high_i8x16_u" = I16x8 ExtMul { high: true, signed: false };
    I32x4ExtAddPairwiseI16x8S "i32x4.extadd_pairwise_i16x8_s" = I32x4 ExtAddPairwise { signed: true };
    I32x4ExtAddPairwiseI16x8U "i32x4.extadd_pairwise_i16x8_u" = I32x4 ExtAddPairwise { signed: false };
    I32x4Abs "i32x4.abs" = I32x4 Abs;
    I32x4Neg "i32x4.neg" = I32x4 Neg;
    I32x4AllTrue "i32x4.all_true" = I32x4 AllTrue;
    I32x4Bitmask "i32x4.bitmask" = I32x4 Bitmask;
    I32x4ExtendLowI16x8S "i32x4.extend_low_i16x8_s" = I32x4 Extend { high: false, signed: true };
    I32x4ExtendHighI16x8S "i32x4.extend_high_i16x8_s" = I32x4 Extend { high: true, signed: true };
    I32x4ExtendLowI16x8U "i32x4.extend_low_i16x8_u" = I32x4 Extend { high: false, signed: false };
    I32x4ExtendHighI16x8U "i32x4.extend_high_i16x8_u" = I32x4 Extend { high: true, signed: false };
    I32x4Shl "i32x4.shl" = I32x4 Shl;
    I32x4ShrS "i32x4.shr_s" = I32x4 Shr { signed: true };
    I32x4ShrU "i32x4.shr_u" = I32x4 Shr { signed: false };
    I32x4Add "i32x4.add" = I32x4 Add;
    I32x4Sub "i32x4.sub" = I32x4 Sub;
    I32x4Mul "i32x4.mul" = I32x4 Mul;
    I32x4MinS "i32x4.min_s" = I32x4 Min { signed: true };
    I32x4MinU "i32x4.min_u" = I32x4 Min { signed: false };
    I32x4MaxS "i32x4.max_s" = I32x4 Max { signed: true };
    I32x4MaxU "i32x4.max_u" = I32x4 Max { signed: false };
    I32x4DotI16x8S "i32x4.dot_i16x8_s" = I32x4 Dot;
    I32x4ExtMulLowI16x8S "i32x4.extmul_low_i16x8_s" = I32x4 ExtMul { high: false, signed: true };
    I32x4ExtMulHighI16x8S "i32x4.extmul_high_i16x8_s" = I32x4 ExtMul { high: true, signed: true };
    I32x4ExtMulLowI16x8U "i32x4.extmul_low_i16x8_u" = I32x4 ExtMul { high: false, signed: false };
    I32x4ExtMulHighI16x8U "i32x4.extmul_high_i16x8_u" = I32x4 ExtMul { high: true, signed: false };
    I64x2Abs "i64x2.abs" = I64x2 Abs;
    I64x2Neg "i64x2.neg" = I64x2 Neg;
    I64x2AllTrue "i64x2.all_true" = I64x2 AllTrue;
    I64x2Bitmask "i64x2.bitmask" = I64x2 Bitmask;
    I64x2ExtendLowI32x4S "i64x2.extend_low_i32x4_s" = I64x2 Extend { high: false, signed: true };
    I64x2ExtendHighI32x4S "i64x2.extend_high_i32x4_s" = I64x2 Extend { high: true, signed: true };
    I64x2ExtendLowI32x4U "i64x2.extend_low_i32x4_u" = I64x2 Extend { high: false, signed: false };
    I64x2ExtendHighI32x4U "i64x2.extend_high_i32x4_u" = I64x2 Extend { high: true, signed: false };
    I64x2Shl "i64x2.shl" = I64x2 Shl;
    I64x2ShrS "i64x2.shr_s" = I64x2 Shr { signed: true };
    I64x2ShrU "i64x2.shr_u" = I64x2 Shr { signed: false };
    I64x2Add "i64x2.add" = I64x2 Add;
    I64x2Sub "i64x2.sub" = I64x2 Sub;
    I64x2Mul "i64x2.mul" = I64x2 Mul;
    I64x2ExtMulLowI32x4S "i64x2.extmul_low_i32x4_s" = I64x2 ExtMul { high: false, signed: true };
    I64x2ExtMulHighI32x4S "i64x2.extmul_high_i32x4_s" = I64x2 ExtMul { high: true, signed: true };
    I64x2ExtMulLowI32x4U "i64x2.extmul_low_i32x4_u" = I64x2 ExtMul { high: false, signed: false };
    I64x2ExtMulHighI32x4U "i64x2.extmul_high_i32x4_u" = I64x2 ExtMul { high: true, signed: false };
    F32x4Abs "f32x4.abs" = F32x4 FloatAbs;
    F32x4Neg "f32x4.neg" = F32x4 FloatNeg;
    F64x2Abs "f64x2.abs" = F64x2 FloatAbs;
    F64x2Neg "f64x2.neg" = F64x2 FloatNeg;
    I8x16RelaxedSwizzle "i8x16.relaxed_swizzle" = I8x16 Swizzle;
    I8x16RelaxedLaneselect "i8x16.relaxed_laneselect" = I8x16 Bitselect;
    I16x8RelaxedLaneselect "i16x8.relaxed_laneselect" = I16x8 Bitselect;
    I32x4RelaxedLaneselect "i32x4.relaxed_laneselect" = I32x4 Bitselect;
    I64x2RelaxedLaneselect "i64x2.relaxed_laneselect" = I64x2 Bitselect;
    I16x8RelaxedQ15mulrS "i16x8.relaxed_q15mulr_s" = I16x8 Q15Mulr;
    I16x8RelaxedDotI8x16I7x16S "i16x8.relaxed_dot_i8x16_i7x16_s" = I16x8 ByteDot;
    I32x4RelaxedDotI8x16I7x16AddS "i32x4.relaxed_dot_i8x16_i7x16_add_s" = I32x4 ByteDotAdd;

    F32x4Eq "f32x4.eq" = F32x4 EachTest("f32.eq");
    F32x4Ne "f32x4.ne" = F32x4 EachTest("f32.ne");
    F32x4Lt "f32x4.lt" = F32x4 EachTest("f32.lt");
    F32x4Gt "f32x4.gt" = F32x4 EachTest("f32.gt");
    F32x4Le "f32x4.le" = F32x4 EachTest("f32.le");
    F32x4Ge "f32x4.ge" = F32x4 EachTest("f32.ge");
    F64x2Eq "f64x2.eq" = F64x2 EachTest("f64.eq");
    F64x2Ne "f64x2.ne" = F64x2 EachTest("f64.ne");
    F64x2Lt "f64x2.lt" = F64x2 EachTest("f64.lt");
    F64x2Gt "f64x2.gt" = F64x2 EachTest("f64.gt");
    F64x2Le "f64x2.le" = F64x2 EachTest("f64.le");
    F64x2Ge "f64x2.ge" = F64x2 EachTest("f64.ge");
    F32x4Ceil "f32x4.ceil" = F32x4 EachOne("f32.ceil");
    F32x4Floor "f32x4.floor" = F32x4 EachOne("f32.floor");
    F32x4Trunc "f32x4.trunc" = F32x4 EachOne("f32.trunc");
    F32x4Nearest "f32x4.nearest" = F32x4 EachOne("f32.nearest");
    F32x4Sqrt "f32x4.sqrt" = F32x4 EachOne("f32.sqrt");
    F32x4Add "f32x4.add" = F32x4 EachTwo("f32.add");
    F32x4Sub "f32x4.sub" = F32x4 EachTwo("f32.sub");
    F32x4Mul "f32x4.mul" = F32x4 EachTwo("f32.mul");
    F32x4Div "f32x4.div" = F32x4 EachTwo("f32.div");
    F32x4Min "f32x4.min" = F32x4 EachTwo("f32.min");
    F32x4Max "f32x4.max" = F32x4 EachTwo("f32.max");
    F32x4PMin "f32x4.pmin" = F32x4 Pseudo { max: false, less: "f32.lt" };
    F32x4PMax "f32x4.pmax" = F32x4 Pseudo { max: true, less: "f32.lt" };
    F64x2Ceil "f64x2.ceil" = F64x2 EachOne("f64.ceil");
    F64x2Floor "f64x2.floor" = F64x2 EachOne("f64.floor");
    F64x2Trunc "f64x2.trunc" = F64x2 EachOne("f64.trunc");
    F64x2Nearest "f64x2.nearest" = F64x2 EachOne("f64.nearest");
    F64x2Sqrt "f64x2.sqrt" = F64x2 EachOne("f64.sqrt");
    F64x2Add "f64x2.add" = F64x2 EachTwo("f64.add");
    F64x2Sub "f64x2.sub" = F64x2 EachTwo("f64.sub");
    F64x2Mul "f64x2.mul" = F64x2 EachTwo("f64.mul");
    F64x2Div "f64x2.div" = F64x2 EachTwo("f64.div");
    F64x2Min "f64x2.min" = F64x2 EachTwo("f64.min");
    F64x2Max "f64x2.max" = F64x2 EachTwo("f64.max");
    F64x2PMin "f64x2.pmin" = F64x2 Pseudo { max: false, less: "f64.lt" };
    F64x2PMax "f64x2.pmax" = F64x2 Pseudo { max: true, less: "f64.lt" };
    I32x4TruncSatF32x4S "i32x4.trunc_sat_f32x4_s" = I32x4 EachOne("i32.trunc_sat_f32_s");
    I32x4TruncSatF32x4U "i32x4.trunc_sat_f32x4_u" = I32x4 EachOne("i32.trunc_sat_f32_u");
    F32x4ConvertI32x4S "f32x4.convert_i32x4_s" = F32x4 EachOne("f32.convert_i32_s");
    F32x4ConvertI32x4U "f32x4.convert_i32x4_u" = F32x4 EachOne("f32.convert_i32_u");
    I32x4TruncSatF64x2SZero "i32x4.trunc_sat_f64x2_s_zero" = I32x4 EachZero("i32.trunc_sat_f64_s");
    I32x4TruncSatF64x2UZero "i32x4.trunc_sat_f64x2_u_zero" = I32x4 EachZero("i32.trunc_sat_f64_u");
    F64x2ConvertLowI32x4S "f64x2.convert_low_i32x4_s" = F64x2 EachLow("f64.convert_i32_s");
    F64x2ConvertLowI32x4U "f64x2.convert_low_i32x4_u" = F64x2 EachLow("f64.convert_i32_u");
    F32x4DemoteF64x2Zero "f32x4.demote_f64x2_zero" = F32x4 EachZero("f32.demote_f64");
    F64x2PromoteLowF32x4 "f64x2.promote_low_f32x4" = F64x2 EachLow("f64.promote_f32");
    I32x4RelaxedTruncF32x4S "i32x4.relaxed_trunc_f32x4_s" = I32x4 EachOne("i32.trunc_sat_f32_s");
    I32x4RelaxedTruncF32x4U "i32x4.relaxed_trunc_f32x4_u" = I32x4 EachOne("i32.trunc_sat_f32_u");
    I32x4RelaxedTruncF64x2SZero "i32x4.relaxed_trunc_f64x2_s_zero" = I32x4 EachZero("i32.trunc_sat_f64_s");
    I32x4RelaxedTruncF64x2UZero "i32x4.relaxed_trunc_f64x2_u_zero" = I32x4 EachZero("i32.trunc_sat_f64_u");
    F32x4RelaxedMadd "f32x4.relaxed_madd" = F32x4 Madd { negate: false };
    F32x4RelaxedNmadd "f32x4.relaxed_nmadd" = F32x4 Madd { negate: true };
    F64x2RelaxedMadd "f64x2.relaxed_madd" = F64x2 Madd { negate: false };
    F64x2RelaxedNmadd "f64x2.relaxed_nmadd" = F64x2 Madd { negate: true };
    F32x4RelaxedMin "f32x4.relaxed_min" = F32x4 EachTwo("f32.min");
    F32x4RelaxedMax "f32x4.relaxed_max" = F32x4 EachTwo("f32.max");
    F64x2RelaxedMin "f64x2.relaxed_min" = F64x2 EachTwo("f64.min");
    F64x2RelaxedMax "f64x2.relaxed_max" = F64x2 EachTwo("f64.max");
}
