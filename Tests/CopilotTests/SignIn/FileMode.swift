import Glibc

/// Sets a file's mode; false where that failed.
func setMode(_ path: String, _ mode: UInt32) -> Bool { chmod(path, mode) == 0 }
