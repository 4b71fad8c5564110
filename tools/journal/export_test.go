package journal

// What tests outside of the package use of it.

const SumMember = sumMember

var LineSum = lineSum

// CloseFile closes the file under a journal.
func (j *Journal) CloseFile() error { return j.file.Close() }
