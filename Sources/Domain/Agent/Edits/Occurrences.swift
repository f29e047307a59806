/// All places of a pattern in a sequence, also overlapping ones, in linear time (Knuth, Morris, Pratt).
func occurrences<Element: Equatable>(of pattern: [Element], in sequence: [Element], limit: Int = .max) -> [Int] {
    guard !pattern.isEmpty, pattern.count <= sequence.count else { return [] }
    // For each length of a match, the length of its longest beginning that is also its end.
    var shorter = [0]
    shorter.reserveCapacity(pattern.count)
    var length = 0
    for index in pattern.indices.dropFirst() {
        while length > 0, pattern[index] != pattern[length] { length = shorter[length - 1] }
        if pattern[index] == pattern[length] { length += 1 }
        shorter.append(length)
    }
    var places: [Int] = []
    length = 0
    for index in sequence.indices {
        while length > 0, sequence[index] != pattern[length] { length = shorter[length - 1] }
        if sequence[index] == pattern[length] { length += 1 }
        if length == pattern.count {
            places.append(index + 1 - length)
            if places.count == limit { break }
            length = shorter[length - 1]
        }
    }
    return places
}
