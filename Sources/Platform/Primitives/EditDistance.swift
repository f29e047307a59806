/// Compares words, for "did you mean".
package enum EditDistance {
    /// How many letters are added, missing, changed, or swapped with their neighbour (optimal string alignment,
    /// computed row by row). Words are cut at 64 letters to bound the work.
    package static func between(_ left: String, _ right: String) -> Int {
        let left = Array(left.unicodeScalars.prefix(64))
        let right = Array(right.unicodeScalars.prefix(64))
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var row = [i + 1]
            for (j, other) in right.enumerated() {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (letter == other ? 0 : 1))
                if i > 0, j > 0, letter == right[j - 1], left[i - 1] == other {
                    cost = min(cost, beforeLast[j - 1] + 1)
                }
                row.append(cost)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}

/// The candidate that a mistyped word most likely means; nil if none is close.
///
/// A candidate is close if at most a third of the word's letters (but at least one) are wrong. Case is ignored.
package func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let wanted = word.lowercased()
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
        let distance = EditDistance.between(wanted, candidate.lowercased())
        if distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    guard let best, best.distance <= max(1, wanted.unicodeScalars.prefix(64).count / 3) else { return nil }
    return best.candidate
}
