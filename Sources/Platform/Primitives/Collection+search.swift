// What the standard library offers for collections beside its regular expressions. It cannot be linked without those, which
// are 1 MB of program and which nothing here uses, so that `Package.swift` leaves that module out.

extension Collection where Element: Equatable {
    /// The first place where the elements of `other` stand one after another; nil if they never do.
    @inlinable
    package func firstRange<Other: Collection>(of other: Other) -> Range<Index>? where Other.Element == Element {
        self.firstRange(of: other, from: self.startIndex)
    }

    @inlinable
    func firstRange<Other: Collection>(of other: Other, from first: Index) -> Range<Index>?
    where Other.Element == Element {
        var start = first
        while true {
            var (index, place) = (start, other.startIndex)
            while place != other.endIndex, index != self.endIndex, self[index] == other[place] {
                self.formIndex(after: &index)
                other.formIndex(after: &place)
            }
            if place == other.endIndex { return start..<index }
            // What is left is too short.
            if index == self.endIndex { return nil }
            self.formIndex(after: &start)
        }
    }

    @inlinable
    package func contains<Other: Collection>(_ other: Other) -> Bool where Other.Element == Element {
        self.firstRange(of: other) != nil
    }

    /// All places of `other`, which do not overlap. None of an empty one.
    @inlinable
    package func ranges<Other: Collection>(of other: Other) -> [Range<Index>] where Other.Element == Element {
        var (found, start): ([Range<Index>], Index) = ([], self.startIndex)
        while let range = self.firstRange(of: other, from: start), !range.isEmpty {
            found.append(range)
            start = range.upperBound
        }
        return found
    }

    @_disfavoredOverload @inlinable
    package func split<Separator: Collection>(
        separator: Separator, maxSplits: Int = .max, omittingEmptySubsequences: Bool = true
    ) -> [SubSequence] where Separator.Element == Element {
        var (parts, start): ([SubSequence], Index) = ([], self.startIndex)
        while parts.count < maxSplits, let range = self.firstRange(of: separator, from: start), !range.isEmpty {
            if !omittingEmptySubsequences || start != range.lowerBound { parts.append(self[start..<range.lowerBound]) }
            start = range.upperBound
        }
        if !omittingEmptySubsequences || start != self.endIndex { parts.append(self[start...]) }
        return parts
    }

    /// Without `prefix` at its beginning.
    @inlinable
    package func trimmingPrefix<Prefix: Collection>(_ prefix: Prefix) -> SubSequence where Prefix.Element == Element {
        self.starts(with: prefix) ? self.dropFirst(prefix.count) : self[...]
    }
}

extension RangeReplaceableCollection where Element: Equatable {
    /// With `replacement` in each place of `other`.
    @inlinable
    package func replacing<Other: Collection, Replacement: Collection>(
        _ other: Other, with replacement: Replacement, maxReplacements: Int = .max
    ) -> Self where Other.Element == Element, Replacement.Element == Element {
        let ranges = self.ranges(of: other).prefix(maxReplacements)
        guard !ranges.isEmpty else { return self }
        var (result, start) = (Self(), self.startIndex)
        for range in ranges {
            result.append(contentsOf: self[start..<range.lowerBound])
            result.append(contentsOf: replacement)
            start = range.upperBound
        }
        result.append(contentsOf: self[start...])
        return result
    }
}
