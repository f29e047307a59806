internal import CICU

/// Whether two names look alike, by the skeletons of UTS 39, whatever their case and blanks; nil if that cannot be found out.
package func lookAlike(_ first: String, _ second: String) -> Bool? {
    guard let first = skeletons(of: first), let second = skeletons(of: second) else { return nil }
    return !first.isDisjoint(with: second)
}

/// Of the name as it is, and in lower case: an `I` looks like an `l`, and an `i` does not.
private func skeletons(of name: String) -> Set<String>? {
    guard let shown = plainSkeleton(of: name), let first = plainSkeleton(of: shown.lowercased()),
        let second = plainSkeleton(of: name.lowercased())
    else { return nil }
    return Set([first, second].map { String($0.filter { !$0.isWhitespace }) })
}

private func plainSkeleton(of text: String) -> String? {
    let units = Array(text.utf16)
    guard let length = Int32(exactly: units.count) else { return nil }
    // A scalar has at most 18 in its skeleton.
    var result = [UInt16](repeating: 0, count: units.count * 18 + 1)
    guard let capacity = Int32(exactly: result.count) else { return nil }
    let count = unsafe cicu_skeleton(units, length, &result, capacity)
    guard count >= 0, count <= capacity else { return nil }
    return String(decoding: result[..<Int(count)], as: UTF16.self)
}
