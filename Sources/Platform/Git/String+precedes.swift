extension String {
    /// Whether the bytes of this name come before those of the other one. A name in somebody's repository may be one long
    /// run of marks, which is sorted whenever it is compared as text.
    func precedes(_ other: String) -> Bool { self.utf8.lexicographicallyPrecedes(other.utf8) }
}
