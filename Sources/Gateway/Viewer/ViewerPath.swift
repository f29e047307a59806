internal import HTTP

/// The addresses of the viewer's pages.
///
/// A ref is one segment, its own slashes percent-encoded; a file's path keeps its slashes.
enum ViewerPath {
    static func tree(_ repository: String, _ ref: String, _ path: String = "") -> String {
        Self.make("tree", repository, ref, path)
    }

    static func blob(_ repository: String, _ ref: String, _ path: String) -> String {
        Self.make("blob", repository, ref, path)
    }

    static func raw(_ repository: String, _ ref: String, _ path: String) -> String {
        Self.make("raw", repository, ref, path)
    }

    static func commit(_ repository: String, _ sha: String) -> String {
        "/r/\(Self.encoded(repository))/commit/\(Self.encoded(sha))"
    }

    private static func make(_ kind: String, _ repository: String, _ ref: String, _ path: String) -> String {
        let base = "/r/\(Self.encoded(repository))/\(kind)/\(Self.encoded(ref))"
        guard !path.isEmpty else { return base }
        return base + "/" + path.split(separator: "/").map { Self.encoded(String($0)) }.joined(separator: "/")
    }

    private static func encoded(_ segment: String) -> String {
        var result = ""
        for byte in segment.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += byte < 16 ? "%0" : "%"
                result += String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
