/// For names in a repository, which are somebody else's: one may be a long run of marks, which is sorted whenever it is
/// compared as text.
extension String {
    /// Whether both have the same bytes.
    func equals(_ other: String) -> Bool { self.utf8.elementsEqual(other.utf8) }

    /// Whether the bytes of this name come before those of the other one.
    func precedes(_ other: String) -> Bool { self.utf8.lexicographicallyPrecedes(other.utf8) }
}
