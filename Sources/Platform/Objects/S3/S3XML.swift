internal import Primitives

/// What is read of S3's XML: elements with text, by their names.
enum S3XML {
    /// The text of the first element with this name.
    static func element(_ name: String, in text: some StringProtocol) -> String? {
        let (before, after) = ("<\(name)>", "</\(name)>")
        guard let start = text.firstRange(of: before)?.upperBound,
            let end = text[start...].firstRange(of: after)?.lowerBound
        else { return nil }
        return Self.unescaped(text[start..<end])
    }

    /// A page of `ListObjectsV2`; nil if it is none.
    static func page(_ text: String) -> ObjectPage? {
        guard text.contains("<ListBucketResult") else { return nil }
        var page = ObjectPage()
        for part in text.split(separator: "<Contents>", omittingEmptySubsequences: false).dropFirst() {
            guard let key = Self.element("Key", in: part),
                let size = Self.element("Size", in: part).flatMap({ Int($0) })
            else { return nil }
            let modified = Self.element("LastModified", in: part).flatMap { CivilTime.milliseconds(rfc3339: $0) }
            page.objects.append(ObjectFacts(key: key, size: size, modified: modified ?? 0))
        }
        if Self.element("IsTruncated", in: text) == "true" {
            guard let token = Self.element("NextContinuationToken", in: text) else { return nil }
            page.next = token
        }
        return page
    }

    private static func unescaped(_ text: some StringProtocol) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return String(text) }
        var result = ""
        for (index, part) in text.split(separator: "&", omittingEmptySubsequences: false).enumerated() {
            guard index > 0 else {
                result += String(part)
                continue
            }
            let pieces = part.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
            guard pieces.count == 2, let letter = Self.letter(String(pieces[0])) else {
                result += "&\(part)"
                continue
            }
            result += letter + pieces[1]
        }
        return result
    }

    private static func letter(_ name: String) -> String? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.hasPrefix("#") else { return nil }
            let digits = name.dropFirst()
            let value = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return value.flatMap { Unicode.Scalar($0) }.map { String($0) }
        }
    }
}
