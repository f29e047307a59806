internal import JSON

// Change: what the rehearsal model says
/// The files of `config/rehearsal`, which are built into the program.
///
/// In texts, `{{name}}` is a value and `{{"name}}` the same as JSON; `{{.}}` is the element of a repetition, and
/// `{{+name}}` counts 001, 002 and so on. `{{#name}}` … `{{/name}}` is repeated for each element of an array and appears
/// once for any other value; `{{^name}}` … `{{/name}}` appears without a value. A backslash at its end continues a line.
enum RehearsalPage {
    private static let texts = Dictionary(
        uniqueKeysWithValues: RehearsalFiles.files.map { ($0.name, $0.text.replacing("\\\n", with: "")) })

    static func text(_ file: String) -> String { self.texts[file] ?? "" }

    /// The parts of a file, each under a line `@ name name`.
    static func sections(of file: String) -> [(names: [String], text: String)] {
        "\n\(self.text(file).dropLast())".split(separator: "\n@ ").map { section in
            let lines = section.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            return (lines[0].split(separator: " ").map(String.init), lines.count > 1 ? lines[1] + "\n" : "")
        }
    }

    /// The part under the line `@ name`.
    static func section(_ name: String, of file: String, _ values: JSON = [:]) -> String {
        let names = name.split(separator: " ").map(String.init)
        return self.fill(self.sections(of: file).first { $0.names == names }?.text ?? "", values)
    }

    /// A text with values in place of its marks, without the line feed at its end.
    static func fill(_ text: String, _ values: JSON) -> String {
        var counts: [Substring: Int] = [:]
        let filled = self.fill(text[...], [values], &counts)
        return filled.last == "\n" ? String(filled.dropLast()) : filled
    }

    private static func fill(_ text: Substring, _ scope: [JSON], _ counts: inout [Substring: Int]) -> String {
        var filled = ""
        var rest = text
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            filled += rest[..<open.lowerBound]
            let mark = rest[open.upperBound..<close.lowerBound]
            let name = mark.drop { "#^+\"".contains($0) }
            let value = name == "." ? scope.last ?? .null : scope.reversed().lazy.compactMap { $0[String(name)] }.first
            rest = rest[close.upperBound...]
            switch mark.first {
            case "+":
                counts[name, default: 0] += 1
                filled += RehearsalPage.padded(counts[name, default: 0])
            case "\"": filled += (value ?? .null).text
            case "#", "^":
                guard let end = rest.firstRange(of: "{{/\(name)}}") else { return filled }
                var part = rest[..<end.lowerBound]
                rest = rest[end.upperBound...]
                // Marks that are alone on their lines leave no empty lines.
                if part.first == "\n" {
                    part.removeFirst()
                    if rest.first == "\n" { rest.removeFirst() }
                }
                let items = self.items(of: value)
                if mark.first == "#" {
                    for item in items { filled += self.fill(part, scope + [item], &counts) }
                } else if items.isEmpty {
                    filled += self.fill(part, scope, &counts)
                }
            default: filled += value?.stringValue ?? value?.text ?? ""
            }
        }
        return filled + rest
    }

    private static func items(of value: JSON?) -> [JSON] {
        switch value {
        case nil, .null, .bool(false), .string(""): []
        case .array(let items): items
        case let value?: [value]
        }
    }

    /// Three digits at least.
    static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }
}
