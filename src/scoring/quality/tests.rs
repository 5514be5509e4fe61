//! Each signal shows what it is for, and seldom anything else.
