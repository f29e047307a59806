// What the standard library offers beside its regular expressions. It cannot be linked without those, which are 1 MB of
// program and which nothing here uses, so that `Package.swift` leaves that module out. The time is linear in both texts, and
// texts are compared by their bytes: an accent that follows what was found does not hide it.

extension Collection where Element: Equatable {
    /// The first place where the elements of `other` stand one after another; nil if they never do.
    @inlinable
    package func firstRange<Other: Collection>(of other: Other) -> Range<Index>? where Other.Element == Element {
        Needle(other).firstRange(in: self, from: self.startIndex)
    }

    @inlinable
    package func contains<Other: Collection>(_ other: Other) -> Bool where Other.Element == Element {
        self.firstRange(of: other) != nil
    }

    /// All places of `other`, which do not overlap. None of an empty one.
    @inlinable
    package func ranges<Other: Collection>(of other: Other) -> [Range<Index>] where Other.Element == Element {
        let needle = Needle(other)
        var (found, start): ([Range<Index>], Index) = ([], self.startIndex)
        while let range = needle.firstRange(in: self, from: start), !range.isEmpty {
            found.append(range)
            start = range.upperBound
        }
        return found
    }

    @_disfavoredOverload @inlinable
    package func split<Separator: Collection>(
        separator: Separator, maxSplits: Int = .max, omittingEmptySubsequences: Bool = true
    ) -> [SubSequence] where Separator.Element == Element {
        self.parts(between: self.ranges(of: separator), maxSplits, omittingEmptySubsequences)
    }

    @inlinable
    func parts(between ranges: [Range<Index>], _ maxSplits: Int, _ omitsEmpty: Bool) -> [SubSequence] {
        var (parts, start): ([SubSequence], Index) = ([], self.startIndex)
        for range in ranges where parts.count < maxSplits {
            if !omitsEmpty || start != range.lowerBound { parts.append(self[start..<range.lowerBound]) }
            start = range.upperBound
        }
        if !omitsEmpty || start != self.endIndex { parts.append(self[start...]) }
        return parts
    }

    /// Without `prefix` at its beginning.
    @inlinable
    package func trimmingPrefix<Prefix: Collection>(_ prefix: Prefix) -> SubSequence where Prefix.Element == Element {
        self.starts(with: prefix) ? self.dropFirst(prefix.count) : self[...]
    }
}

extension StringProtocol {
    @inlinable
    package func firstRange(of other: some StringProtocol) -> Range<Index>? { self.utf8.firstRange(of: other.utf8) }

    @inlinable
    package func contains(_ other: some StringProtocol) -> Bool { self.utf8.firstRange(of: other.utf8) != nil }

    @inlinable
    package func ranges(of other: some StringProtocol) -> [Range<Index>] { self.utf8.ranges(of: other.utf8) }

    @_disfavoredOverload @inlinable
    package func split(
        separator: some StringProtocol, maxSplits: Int = .max, omittingEmptySubsequences: Bool = true
    ) -> [SubSequence] {
        self.parts(between: self.ranges(of: separator), maxSplits, omittingEmptySubsequences)
    }
}

extension StringProtocol where Self: RangeReplaceableCollection {
    /// With `replacement` in each place of `other`.
    @inlinable
    package func replacing(
        _ other: some StringProtocol, with replacement: some StringProtocol, maxReplacements: Int = .max
    ) -> Self {
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

/// What is searched, by the algorithm of Knuth, Morris and Pratt: no element is looked at more than twice.
@usableFromInline
struct Needle<Element: Equatable> {
    @usableFromInline let elements: [Element]
    /// For each beginning of the needle, how much of its end is a beginning as well.
    @usableFromInline let borders: [Int]

    @inlinable
    init<Other: Collection>(_ other: Other) where Other.Element == Element {
        let elements = Array(other)
        var borders = Array(repeating: 0, count: elements.count)
        var length = 0
        for index in elements.indices.dropFirst() {
            while length > 0, elements[length] != elements[index] { length = borders[length - 1] }
            if elements[length] == elements[index] { length += 1 }
            borders[index] = length
        }
        (self.elements, self.borders) = (elements, borders)
    }

    @inlinable
    func firstRange<Text: Collection>(in text: Text, from start: Text.Index) -> Range<Text.Index>?
    where Text.Element == Element {
        guard !self.elements.isEmpty else { return start..<start }
        // What has matched begins at `lower`.
        var (lower, index, matched) = (start, start, 0)
        while index != text.endIndex {
            let element = text[index]
            while matched > 0, self.elements[matched] != element {
                let kept = self.borders[matched - 1]
                text.formIndex(&lower, offsetBy: matched - kept)
                matched = kept
            }
            text.formIndex(after: &index)
            if self.elements[matched] == element { matched += 1 } else { lower = index }
            if matched == self.elements.count { return lower..<index }
        }
        return nil
    }
}
