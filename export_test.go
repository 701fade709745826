package kpi

// Weaken takes bits away from the hashes of the texts that are added from now on,
// so that customers share them.
func (l *Log) Weaken(bits uint64) { l.weak = bits }
