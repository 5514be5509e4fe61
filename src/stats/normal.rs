//! The standard normal distribution.

/// The z beyond which 2.5 % lies on either side.
pub const Z_95: f64 = 1.959_963_984_540_054;
/// The z beyond which 5 % lies on either side.
pub const Z_90: f64 = 1.644_853_626_951_472_2;

const INVERSE_ROOT_TWO_PI: f64 = 0.398_942_280_401_432_7;

/// The density at `x`.
pub fn density(x: f64) -> f64 {
    INVERSE_ROOT_TWO_PI * (-0.5 * x * x).exp()
}

/// The chance of at most `x`, for example 0.977 for 2. Relative error about 1e-15, in the far tail too.
///
/// Rational approximations of Cody, Mathematics of Computation 23 (1969) 631, in their form for the normal
/// distribution (Cody, ACM TOMS 19 (1993) 22, algorithm 715).
pub fn cdf(x: f64) -> f64 {
    lower_and_upper(x).0
}

/// The chance of more than `x`, for example 0.0228 for 2, computed as such and never as 1 minus the rest.
pub fn survival(x: f64) -> f64 {
    lower_and_upper(x).1
}

fn polynomial(x: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// The chances of at most `x` and of more.
pub(super) fn lower_and_upper(x: f64) -> (f64, f64) {
    let size = x.abs();
    if size <= 0.674_489_75 {
        let half = centre(x);
        return (0.5 + half, 0.5 - half);
    }
    let tail = tail(size);
    if x > 0.0 { (1.0 - tail, tail) } else { (tail, 1.0 - tail) }
}

/// The chance between 0 and `x`, for |x| up to the quartile.
fn centre(x: f64) -> f64 {
    const TOP: [f64; 5] = [
        0.065_682_337_918_207_45,
        2.235_252_035_460_684,
        161.028_231_068_555_88,
        1_067.689_485_460_371,
        18_154.981_253_343_56,
    ];
    const BOTTOM: [f64; 5] =
        [1.0, 47.202_581_904_688_24, 976.098_551_737_776_7, 10_260.932_208_618_979, 45_507.789_335_026_73];
    let square = x * x;
    x * polynomial(square, &TOP) / polynomial(square, &BOTTOM)
}

/// Up to here what rounding x^2 changes in exp(-x^2/2) is within 1e-15 of it.
const NEAR: f64 = 4.0;

/// The chance beyond `x`, for x above the quartile.
fn tail(x: f64) -> f64 {
    const TOP: [f64; 9] = [
        1.076_557_677_372_019_2e-8,
        0.398_941_512_088_134_66,
        8.883_149_794_388_377,
        93.506_656_132_177_85,
        597.270_276_394_800_2,
        2_494.537_585_290_372_6,
        6_848.190_450_536_283,
        11_602.651_437_647_35,
        9_842.714_838_383_978,
    ];
    const BOTTOM: [f64; 9] = [
        1.0,
        22.266_688_044_328_117,
        235.387_901_782_625,
        1_519.377_599_407_554_7,
        6_485.558_298_266_761,
        18_615.571_640_885_097,
        34_900.952_721_145_98,
        38_912.003_286_093_27,
        19_685.429_676_859_992,
    ];
    const FAR_TOP: [f64; 6] = [
        0.023_073_441_764_940_174,
        0.215_898_534_057_957,
        0.127_401_161_160_247_36,
        0.022_235_277_870_649_807,
        0.001_421_619_193_227_893_4,
        2.911_287_495_116_879_3e-5,
    ];
    const FAR_BOTTOM: [f64; 6] = [
        1.0,
        1.284_260_096_144_911,
        0.468_238_212_480_865_1,
        0.065_988_137_868_928_56,
        0.003_782_396_332_027_582_4,
        7.297_515_550_839_662e-5,
    ];
    let factor = if x <= 32.0_f64.sqrt() {
        polynomial(x, &TOP) / polynomial(x, &BOTTOM)
    } else {
        let inverse = 1.0 / (x * x);
        let series = inverse * polynomial(inverse, &FAR_TOP) / polynomial(inverse, &FAR_BOTTOM);
        (INVERSE_ROOT_TWO_PI - series) / x
    };
    if x <= NEAR {
        return (-0.5 * x * x).exp() * factor;
    }
    // exp(-x^2/2) in two factors: the first exact, the second near 1, so that no digits of x^2 are lost.
    let whole = (x * 16.0).trunc() / 16.0;
    let rest = (x - whole) * (x + whole);
    (-0.5 * whole * whole).exp() * (-0.5 * rest).exp() * factor
}

/// The x below which lies `probability`, for example -1.96 for 0.025. Relative error about 1e-16.
///
/// Algorithm AS 241 of Wichura, Applied Statistics 37 (1988) 477. Total: 0 and less are taken as the smallest
/// positive number (x = -37.5), 1 and more as the largest number below 1 (x = 8.2), so that no infinity arises.
pub fn quantile(probability: f64) -> f64 {
    let p = probability.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0);
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return quantile_centre(q);
    }
    let root = (-p.min(1.0 - p).ln()).sqrt();
    let size = if root <= 5.0 { quantile_tail(root - 1.6) } else { quantile_far_tail(root - 5.0) };
    if q < 0.0 { -size } else { size }
}

fn quantile_centre(q: f64) -> f64 {
    const TOP: [f64; 8] = [
        2_509.080_928_730_122_7,
        33_430.575_583_588_13,
        67_265.770_927_008_7,
        45_921.953_931_549_87,
        13_731.693_765_509_46,
        1_971.590_950_306_551_3,
        133.141_667_891_784_38,
        3.387_132_872_796_366_5,
    ];
    const BOTTOM: [f64; 8] = [
        5_226.495_278_852_545,
        28_729.085_735_721_943,
        39_307.895_800_092_71,
        21_213.794_301_586_597,
        5_394.196_021_424_751,
        687.187_007_492_057_9,
        42.313_330_701_600_91,
        1.0,
    ];
    let r = 0.180_625 - q * q;
    q * polynomial(r, &TOP) / polynomial(r, &BOTTOM)
}

fn quantile_tail(r: f64) -> f64 {
    const TOP: [f64; 8] = [
        7.745_450_142_783_414e-4,
        0.022_723_844_989_269_184,
        0.241_780_725_177_450_6,
        1.270_458_252_452_368_4,
        3.647_848_324_763_204_5,
        5.769_497_221_460_691,
        4.630_337_846_156_546,
        1.423_437_110_749_683_5,
    ];
    const BOTTOM: [f64; 8] = [
        1.050_750_071_644_416_9e-9,
        5.475_938_084_995_345e-4,
        0.015_198_666_563_616_457,
        0.148_103_976_427_480_08,
        0.689_767_334_985_1,
        1.676_384_830_183_803_8,
        2.053_191_626_637_759,
        1.0,
    ];
    polynomial(r, &TOP) / polynomial(r, &BOTTOM)
}

fn quantile_far_tail(r: f64) -> f64 {
    const TOP: [f64; 8] = [
        2.010_334_399_292_288_1e-7,
        2.711_555_568_743_487_6e-5,
        0.001_242_660_947_388_078_4,
        0.026_532_189_526_576_124,
        0.296_560_571_828_504_87,
        1.784_826_539_917_291_3,
        5.463_784_911_164_114,
        6.657_904_643_501_103,
    ];
    const BOTTOM: [f64; 8] = [
        2.044_263_103_389_939_8e-15,
        1.421_511_758_316_446e-7,
        1.846_318_317_510_054_8e-5,
        7.868_691_311_456_133e-4,
        0.014_875_361_290_850_615,
        0.136_929_880_922_735_8,
        0.599_832_206_555_888,
        1.0,
    ];
    polynomial(r, &TOP) / polynomial(r, &BOTTOM)
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{Continuous, ContinuousCDF, Normal};

    use super::*;

    fn close(got: f64, want: f64, relative: f64) {
        assert!((got - want).abs() <= relative * want.abs(), "{got} {want}");
    }

    #[test]
    fn known_values() {
        // 40-digit arithmetic.
        close(survival(1.0), 0.158_655_253_931_457_05, 1e-14);
        close(survival(2.0), 0.022_750_131_948_179_21, 1e-14);
        close(survival(3.0), 0.001_349_898_031_630_094_6, 1e-14);
        close(survival(6.0), 9.865_876_450_376_98e-10, 1e-13);
        close(survival(10.0), 7.619_853_024_160_525e-24, 1e-13);
        close(survival(37.0), 5.725_571_222_524_577e-300, 1e-13);
        close(cdf(-10.0), survival(10.0), 0.0);
        close(quantile(0.975), Z_95, 1e-15);
        close(quantile(0.95), Z_90, 1e-15);
        close(quantile(1e-300), -37.047_096_299_361_2, 1e-13);
    }

    #[test]
    fn second_opinion_of_statrs() {
        let normal = Normal::standard();
        for step in -800..=800 {
            let x = f64::from(step) / 100.0;
            close(density(x), normal.pdf(x), 1e-13);
            close(cdf(x), normal.cdf(x), 1e-9);
        }
    }

    #[test]
    fn quantile_undoes_the_tails() {
        for step in 1..=3_600 {
            let x = f64::from(step) / 100.0;
            close(-quantile(survival(x)), x, 2e-14);
        }
        for end in [0.0, 1.0, -1.0, 2.0] {
            assert!(quantile(end).is_finite());
        }
    }
}
