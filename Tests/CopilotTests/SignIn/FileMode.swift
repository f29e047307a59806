import Glibc

/// Sets a file's mode; returns false on failure.
func setMode(_ path: String, _ mode: UInt32) -> Bool { chmod(path, mode) == 0 }
