internal import Primitives

/// What is read of S3's XML: elements with text, by their names. Searched as bytes: comparing characters takes quadratic
/// time where a server sends a long run of combining marks.
enum S3XML {
    /// The text of the first element with this name.
    static func element(_ name: String, in xml: ArraySlice<UInt8>) -> String? {
        guard let start = Self.range(of: "<\(name)>", in: xml)?.upperBound,
            let end = Self.range(of: "</\(name)>", in: xml[start...])?.lowerBound
        else { return nil }
        return Self.unescaped(xml[start..<end])
    }

    /// Where `tag` is first; only its first byte may be a `<`.
    static func range(of tag: String, in xml: ArraySlice<UInt8>) -> Range<Int>? {
        var rest = xml
        while let start = rest.firstIndex(of: UInt8(ascii: "<")) {
            rest = rest[start...]
            if rest.starts(with: tag.utf8) { return start..<(start + tag.utf8.count) }
            rest = rest.dropFirst()
        }
        return nil
    }

    /// A page of `ListObjectsV2`; nil for any other document.
    static func page(_ xml: [UInt8]) -> ObjectPage? {
        guard Self.range(of: "<ListBucketResult", in: xml[...]) != nil else { return nil }
        var page = ObjectPage()
        var rest = xml[...]
        while let start = Self.range(of: "<Contents>", in: rest)?.upperBound {
            guard let end = Self.range(of: "</Contents>", in: rest[start...])?.lowerBound else { return nil }
            let part = rest[start..<end]
            rest = rest[end...]
            guard let key = Self.element("Key", in: part),
                let size = Self.element("Size", in: part).flatMap({ Int($0) }), 0...ObjectFacts.largest ~= size
            else { return nil }
            let modified = Self.element("LastModified", in: part).flatMap { CivilTime.milliseconds(rfc3339: $0) }
            page.objects.append(ObjectFacts(key: key, size: size, modified: modified ?? 0))
        }
        if Self.element("IsTruncated", in: xml[...]) == "true" {
            guard let token = Self.element("NextContinuationToken", in: xml[...]) else { return nil }
            page.next = token
        }
        return page
    }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        var result: [UInt8] = []
        var rest = bytes
        while let mark = rest.firstIndex(of: UInt8(ascii: "&")) {
            result += rest[..<mark]
            rest = rest[mark...]
            // The longest is `&#1114111;`.
            if let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")),
                let letter = Self.letter(String(decoding: rest[(mark + 1)..<end], as: UTF8.self))
            {
                result += letter.utf8
                rest = rest[(end + 1)...]
            } else {
                result.append(UInt8(ascii: "&"))
                rest = rest[(mark + 1)...]
            }
        }
        return StreamSafeText.of(String(decoding: result + rest, as: UTF8.self))
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
