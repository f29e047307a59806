internal import Glibc
internal import HTTP

/// Reads `multipart/form-data` (RFC 7578).
enum MultipartForm {
    struct Part: Equatable {
        var name: String
        var fileName: String?
        var type: String?
        var bytes: [UInt8]
    }

    /// The parts in order; `nil` for a malformed body.
    static func parts(of body: [UInt8], boundary: String) -> [Part]? {
        let mark = Array("--\(boundary)".utf8)
        guard var position = Self.find(mark, in: body, from: 0) else { return nil }
        var parts: [Part] = []
        while true {
            position += mark.count
            if body[position...].starts(with: Array("--".utf8)) { return parts }
            guard body[position...].starts(with: [13, 10]),
                let headEnd = Self.find([13, 10, 13, 10], in: body, from: position),
                let next = Self.find([13, 10] + mark, in: body, from: headEnd + 2)
            else { return nil }
            let head = position + 2 < headEnd ? Array(body[(position + 2)..<headEnd]) : []
            guard let part = Self.part(head: head, bytes: Array(body[min(headEnd + 4, next)..<next])) else {
                return nil
            }
            parts.append(part)
            position = next + 2
        }
    }

    private static func part(head: [UInt8], bytes: [UInt8]) -> Part? {
        var part = Part(name: "", bytes: bytes)
        for line in head.split(separator: 10) {
            let text = String(decoding: line, as: UTF8.self).filter { $0 != "\r" }
            guard let colon = text.firstIndex(of: ":") else { return nil }
            let value = text[text.index(after: colon)...].drop { $0 == " " }
            switch text[..<colon].lowercased() {
            case "content-disposition":
                guard value.hasPrefix("form-data") else { return nil }
                part.name = Self.parameter("name", of: value) ?? ""
                part.fileName = Self.parameter("filename", of: value)
            case "content-type": part.type = String(value)
            default: break
            }
        }
        return part.name.isEmpty ? nil : part
    }

    /// `name="value"`, with `%22` or `\"` for a quote, or a plain token.
    private static func parameter(_ name: String, of value: Substring) -> String? {
        var rest = value
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == " " }
            guard rest.hasPrefix("\(name)=") else { continue }
            rest = rest.dropFirst(name.count + 1)
            guard rest.first == "\"" else { return String(rest.prefix { $0 != ";" }) }
            var text = ""
            var isEscaped = false
            for character in rest.dropFirst() {
                if !isEscaped, character == "\"" { break }
                isEscaped = !isEscaped && character == "\\"
                if !isEscaped { text.append(character) }
            }
            return PercentEncoding.decode(text) ?? text
        }
        return nil
    }

    static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard let first = needle.first else { return nil }
        return bytes.withUnsafeBytes { all in
            needle.withUnsafeBytes { wanted in
                guard let base = all.baseAddress, let begin = wanted.baseAddress else { return nil }
                var place = start
                while place + wanted.count <= all.count,
                    let hit = memchr(base + place, Int32(first), all.count - wanted.count + 1 - place)
                {
                    place = UnsafeRawPointer(hit) - base
                    if memcmp(hit, begin, wanted.count) == 0 { return place }
                    place += 1
                }
                return nil
            }
        }
    }
}
