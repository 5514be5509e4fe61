//! Distributions, intervals and robust fits: numbers in, numbers out. Knows nothing of ours.
