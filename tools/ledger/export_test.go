package ledger

// What tests outside of the package use of it.

const MaxRecordBytes = maxRecordBytes
const MaxRecords = maxRecords
const SweepAfter = sweepAfter

var ErrLedgerFull = errLedgerFull
var FileOf = fileOf
