internal import Agent
internal import Chat
internal import Extensions
internal import JSON
internal import Primitives

/// A question of a server as one to a person, and the answer as the server wants it: checked, never a secret. Pure.
struct ElicitationForm: Sendable {
    /// It isn't asked; a line for the thread says why.
    struct Refused: Error {
        let notice: String
    }

    enum Reading: Equatable {
        case done(ExtensionAnswer)
        /// What is wrong with the answer, as a sentence.
        case wrong(String)
    }

    private struct Field {
        enum Kind {
            case text(least: Int?, most: Int?)
            case number(isWhole: Bool, least: Double?, most: Double?)
            case flag
            /// The values with their labels.
            case choice([(value: String, label: String)])
            case several([(value: String, label: String)])
        }

        let name: String
        let title: String
        let kind: Kind
        let isRequired: Bool
        let standard: JSON?
    }

    let question: ThreadQuestion
    private let fields: [Field]
    private let isAddress: Bool
    private let text: String

    private static let fieldLimit = 12
    private static let yes = "Yes"
    private static let not = "Answer no"
    private static let decline = "Decline"
    private static let opened = "I have opened it"

    init(_ question: ExtensionQuestion, call: String) throws(Refused) {
        let server = EscapedText.code(question.server)
        let head =
            "The extension \(server) asks (\(EscapedText.code(call))), in its own words:\n"
            + EscapedText.fenced(VisibleText.strict(question.message.beginning(bytes: 4_000)))
        switch question.form {
        case .address(let address):
            self.isAddress = true
            self.fields = []
            self.text =
                head + "\nIt wants you to open this address. Check that you know its host:\n"
                + Self.shown(address)
            self.question = ThreadQuestion(
                .question, self.text,
                options: [ThreadQuestion.Option(Self.opened), ThreadQuestion.Option(Self.decline)])
        case .fields(let schema):
            self.isAddress = false
            self.fields = try Self.fields(of: schema, server)
            if let options = Self.options(of: self.fields) {
                self.text = head
                self.question = ThreadQuestion(
                    .question, self.text, options: (options + [Self.decline]).map { ThreadQuestion.Option($0) })
            } else {
                let how =
                    self.fields.isEmpty
                    ? "Answer `yes`, or `no` to decline."
                    : "Answer with a line for each field, as in `\(self.fields[0].name): value`; `no` declines."
                self.text = ([head] + self.fields.map(Self.line) + [how]).joined(separator: "\n")
                self.question = ThreadQuestion(.question, self.text)
            }
        }
    }

    /// The whole address as text that nothing makes a link of, its host set off.
    private static func shown(_ address: String) -> String {
        let visible = VisibleText.strictLine(address.beginning(bytes: 2_000))
        let host = visible.firstRange(of: "://").map { visible[$0.upperBound...].prefix { !"/?#".contains($0) } } ?? ""
        let name = host.split(separator: "@").last.map(String.init) ?? ""
        let isDisguised = name.lowercased().split(separator: ".").contains { $0.hasPrefix("xn--") }
        let warning = isDisguised ? ", which has letters of other alphabets" : ""
        return EscapedText.fenced(visible) + "\nHost: \(EscapedText.code(name))\(warning)"
    }

    static func needsPrivacy(_ server: String) -> String {
        "The extension \(EscapedText.code(server)) wanted somebody to open an address, which was declined because others "
            + "read this conversation. Ask for it again in a direct message or in the web chat."
    }

    // MARK: Fields

    private static func fields(of schema: JSON, _ server: String) throws(Refused) -> [Field] {
        let properties = schema["properties"]?.objectValue ?? JSONObject()
        let required = Set(schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        guard properties.count <= self.fieldLimit else {
            throw Refused(notice: "The extension \(server) asked for \(properties.count) fields, which is too many.")
        }
        var fields: [Field] = []
        for (name, property) in properties {
            let title = property["title"]?.stringValue ?? ""
            guard !SecretName.isSecret(name), !SecretName.isSecret(title), property["format"]?.stringValue != "password"
            else {
                throw Refused(
                    notice:
                        "The extension \(server) asked for \(EscapedText.code(VisibleText.strictLine(name))), which "
                        + "sounds like a secret. Secrets are never asked for here, so it was declined. Whoever runs the "
                        + "host can give it one by `env` or `headers`.")
            }
            guard let kind = Self.kind(of: property), !name.isEmpty, name.utf8.count <= 100 else {
                throw Refused(
                    notice: "The extension \(server) asked for "
                        + "\(EscapedText.code(VisibleText.strictLine(name.beginning(bytes: 100)))) in a form that can't "
                        + "be shown, so it was declined.")
            }
            fields.append(
                Field(
                    name: name, title: property["description"]?.stringValue ?? title, kind: kind,
                    isRequired: required.contains(name), standard: property["default"]))
        }
        return fields
    }

    private static func kind(of property: JSON) -> Field.Kind? {
        switch property["type"]?.stringValue {
        case "string":
            if let values = Self.values(of: property) { return .choice(values) }
            return .text(least: property["minLength"]?.intValue, most: property["maxLength"]?.intValue)
        case "number", "integer":
            return .number(
                isWhole: property["type"]?.stringValue == "integer", least: property["minimum"]?.doubleValue,
                most: property["maximum"]?.doubleValue)
        case "boolean": return .flag
        case "array": return property["items"].flatMap { Self.values(of: $0) }.map { .several($0) }
        default: return nil
        }
    }

    private static func values(of property: JSON) -> [(value: String, label: String)]? {
        if let values = property["enum"]?.arrayValue?.compactMap(\.stringValue) {
            let names = property["enumNames"]?.arrayValue?.compactMap(\.stringValue) ?? []
            return values.enumerated().map { ($1, names.indices.contains($0) ? names[$0] : $1) }
        }
        return (property["oneOf"] ?? property["anyOf"])?.arrayValue.map { choices in
            choices.compactMap { choice in
                choice["const"]?.stringValue.map { ($0, choice["title"]?.stringValue ?? $0) }
            }
        }
    }

    /// The labels of a form that has only one choice, or one yes or no.
    private static func options(of fields: [Field]) -> [String]? {
        guard fields.count == 1, let field = fields.first else { return nil }
        switch field.kind {
        // `no` declines.
        case .flag: return [Self.yes, Self.not]
        case .choice(let values) where (1..<ThreadQuestion.optionLimit).contains(values.count):
            let labels = values.map { $0.label.titled(100) }
            return labels.contains { $0.allSatisfy(\.isWhitespace) } ? nil : labels
        default: return nil
        }
    }

    private static func line(_ field: Field) -> String {
        var parts: [String] = []
        switch field.kind {
        case .text: parts.append("text")
        case .number(let isWhole, _, _): parts.append(isWhole ? "a whole number" : "a number")
        case .flag: parts.append("yes or no")
        case .choice(let values): parts.append("one of \(Self.list(values))")
        case .several(let values): parts.append("some of \(Self.list(values)), separated by commas")
        }
        if !field.isRequired { parts.append("may be left out") }
        if let standard = field.standard, !standard.isNull {
            parts.append(
                "\(EscapedText.code(VisibleText.strictLine(standard.stringValue ?? standard.text))) if left out")
        }
        let title = field.title.isEmpty ? "" : ": \(EscapedText.markdown(field.title.titled(200)))"
        return "- \(EscapedText.code(VisibleText.strictLine(field.name)))\(title) (\(parts.joined(separator: "; ")))"
    }

    private static func list(_ values: [(value: String, label: String)]) -> String {
        values.prefix(50).map { EscapedText.code(VisibleText.strictLine($0.value)) }.joined(separator: ", ")
    }

    // MARK: The answer

    /// The question once more, with what was wrong.
    func again(_ problem: String) -> ThreadQuestion {
        ThreadQuestion(.question, "\(self.text)\n\n\(problem)", options: self.question.options)
    }

    func answer(_ content: QuestionAnswer.Content) -> Reading {
        switch content {
        case .no, .done: return .done(.decline)
        case .expired: return .done(.cancel)
        case .option(_, let label, _):
            if label == Self.decline { return .done(.decline) }
            if self.isAddress { return .done(.accept(.null)) }
            guard let field = self.fields.first, let value = Self.option(label, of: field) else {
                return .done(.decline)
            }
            return .done(.accept([field.name: value]))
        case .text(let text):
            if self.isAddress {
                return text.trimmed.lowercased() == "yes"
                    ? .done(.accept(.null)) : .wrong("Choose one of the answers.")
            }
            return self.read(text)
        }
    }

    private static func option(_ label: String, of field: Field) -> JSON? {
        switch field.kind {
        case .flag: .bool(label == Self.yes)
        case .choice(let values): values.first { $0.label.titled(100) == label }.map { .string($0.value) }
        default: nil
        }
    }

    private func read(_ text: String) -> Reading {
        if self.fields.isEmpty {
            return text.trimmed.lowercased() == "yes" ? .done(.accept([:])) : .wrong("Answer `yes` or `no`.")
        }
        var words: [String: String] = [:]
        let lines = text.split(whereSeparator: \.isNewline)
        for line in lines {
            let name = line.prefix { $0 != ":" }.trimmed
            if line.contains(":"), let field = self.fields.first(where: { $0.name.lowercased() == name.lowercased() }) {
                words[field.name] = line.drop { $0 != ":" }.dropFirst().trimmed
            } else if self.fields.count == 1 {
                words[self.fields[0].name] = text.trimmed
            } else {
                return .wrong("“\(EscapedText.markdown(String(line).titled(60)))” names none of the fields.")
            }
        }
        var content = JSONObject()
        for field in self.fields {
            guard let word = words[field.name], !word.isEmpty else {
                if let standard = field.standard, !standard.isNull { content[field.name] = standard; continue }
                if !field.isRequired { continue }
                return .wrong("\(EscapedText.code(field.name)) is missing.")
            }
            guard let value = Self.value(word, of: field) else {
                return .wrong("\(EscapedText.code(field.name)) doesn't take \(EscapedText.code(word.titled(60))).")
            }
            content[field.name] = value
        }
        return .done(.accept(.object(content)))
    }

    private static func value(_ word: String, of field: Field) -> JSON? {
        switch field.kind {
        case .text(let least, let most):
            let count = word.unicodeScalars.count
            return count >= least ?? 0 && count <= most ?? 10_000 ? .string(word) : nil
        case .number(let isWhole, let least, let most):
            guard let number = Double(word), number.isFinite, number >= least ?? -.infinity, number <= most ?? .infinity
            else { return nil }
            guard isWhole else { return .number(number) }
            return Int64(word).map { .integer($0) }
        case .flag:
            switch word.lowercased() {
            case "yes", "true", "y": return true
            case "no", "false", "n": return false
            default: return nil
            }
        case .choice(let values): return Self.choice(word, values).map { .string($0) }
        case .several(let values):
            let chosen = word.split(separator: ",").map { Self.choice($0.trimmed, values) }
            return chosen.contains(nil) ? nil : .array(chosen.compactMap(\.self).map { .string($0) })
        }
    }

    private static func choice(_ word: String, _ values: [(value: String, label: String)]) -> String? {
        values.first { $0.value == word || $0.label == word }?.value
            ?? values.first {
                $0.value.lowercased() == word.lowercased() || $0.label.lowercased() == word.lowercased()
            }?
            .value
    }
}
