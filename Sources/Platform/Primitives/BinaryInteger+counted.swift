extension BinaryInteger {
    /// `1 file`, `2 files`: the number with an English noun whose plural takes an s.
    package func counted(_ noun: String) -> String { self == 1 ? "1 \(noun)" : "\(self) \(noun)s" }
}
