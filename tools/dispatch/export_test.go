package dispatch

// What tests outside of the package use of it.

const ContinuationLife = continuationLife
