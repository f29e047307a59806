/// Why a document cannot be read, and where.
package struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable {
        /// Not YAML.
        case syntax
        /// An unsupported feature: several documents, aliases, tags, keys that are not strings.
        case unsupported
        /// A key occurs twice in one mapping.
        case duplicateKey
        /// Larger or deeper than the limits.
        case tooLarge
    }

    package let code: Code
    /// One line: what is wrong and, if known, what to do.
    package let message: String
    /// The first line is 1.
    package let line: Int
    /// In characters; the first is 1.
    package let column: Int

    package var description: String { "line \(self.line), column \(self.column): \(self.message)" }
}

/// Rewords libyaml's error for the person who wrote the text.
struct SyntaxProblem {
    let message: String

    /// `line` is the line of the problem, `column` counts its characters from 0.
    init(_ problem: String, line: [UInt8], column: Int) {
        let indentation = line.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let text = String(decoding: line, as: UTF8.self).unicodeScalars
        let found = text.dropFirst(column).first
        if indentation.contains(UInt8(ascii: "\t")) {
            self.message = "the line is indented with a tab; YAML allows spaces only"
            return
        }
        self.message =
            switch problem {
            case "found character that cannot start any token":
                "a value cannot begin with \(Self.quoted(found)); put the value in double quotes"
            case "mapping values are not allowed in this context":
                "':' is not expected here; indent the key like its neighbours, or put a value that holds ': ' in quotes"
            case "did not find expected key":
                "a key is expected here; check that the indentation is the same as that of its neighbours"
            case "could not find expected ':'":
                "the key has no ':' after it"
            case "did not find expected ',' or ']'":
                "the list that began with '[' needs ',' or ']' here"
            case "did not find expected ',' or '}'":
                "the mapping that began with '{' needs ',' or '}' here"
            case "did not find expected node content":
                "a value is expected here; put one that begins with '#' or another mark in quotes"
            case "did not find expected '-' indicator":
                "a list item that begins with '-' is expected here; check the indentation"
            case "block sequence entries are not allowed in this context":
                "'-' is not expected here; put the list on lines of its own below the key"
            case "found unexpected end of stream":
                "the text ends inside a quoted value; its closing quote is missing"
            case "did not find expected <document start>":
                "the value has ended before this; check the indentation"
            default:
                problem
            }
    }

    /// The message for text that libyaml could not decode.
    static func readerMessage(_ problem: String) -> String {
        switch problem {
        case "control characters are not allowed": "a control character is not allowed here"
        default: "the text is not valid UTF-8 (\(problem))"
        }
    }

    private static func quoted(_ scalar: Unicode.Scalar?) -> String {
        guard let scalar else { return "this" }
        return scalar == "\t" ? "a tab" : "'\(scalar)'"
    }
}
