"""HTTP as every protocol here needs it: raw paths, ranges, sending what is cleared, receiving what is sent."""
