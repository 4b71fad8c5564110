package plan

// What tests outside of the package use of it.

const ReadLife = readLife
