/// A rehearsed constitution: the request's sentences as principles, or three usual ones.
struct RehearsalConstitution {
    private let material: RehearsalMaterial

    init(_ material: RehearsalMaterial) {
        self.material = material
    }

    var text: String {
        if let old = self.material.document("constitution.md"), let changed = self.added(to: old) { return changed }
        let principles = self.wanted.isEmpty ? Self.usual : self.wanted
        return """
            # Project Constitution

            ## Core Principles

            \(principles.enumerated().map { Self.section($0 + 1, $1) }.joined(separator: "\n\n"))

            ## Additional Constraints

            Licences of everything that is added allow its use here. Secrets are never committed.

            ## Development Workflow

            Every change is reviewed by somebody who did not write it, and its tests pass before.

            ## Governance

            Everybody may propose a change to this document; the owners decide. Plans say for each principle how they keep it.

            **Version**: 1.0.0 | **Ratified**: \(self.material.date) | **Last Amended**: \(self.material.date)
            """
    }

    private typealias Principle = (name: String, rule: String)

    private static let usual: [Principle] = [
        ("Tests First", "Every behaviour MUST have a test that failed before it was built."),
        ("Simple Before General", "The simplest thing that meets the requirements MUST be built; more needs a reason."),
        ("Readable Changes", "Every commit MUST do one thing and say why."),
    ]

    /// A principle for each sentence of the request.
    private var wanted: [Principle] {
        self.material.wish.split { ".!?;".contains($0) }.map { $0.split(separator: " ").map(String.init) }
            .filter { !$0.isEmpty }.prefix(7).map { words in
                let name = words.prefix(4).map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
                return (String(name.prefix(60)), "It MUST hold: \(words.joined(separator: " ")).")
            }
    }

    private func added(to old: String) -> String? {
        let lines = RehearsalLines(old)
        guard
            let start = lines.lines.indices.first(where: {
                lines.level($0) == 2 && lines.lines[$0].lowercased().contains("principles")
            }), !self.wanted.isEmpty
        else { return nil }
        let end = lines.lines.indices.first { $0 > start && (lines.level($0) ?? 7) <= 2 } ?? lines.lines.count
        let count = (start..<end).filter { lines.level($0) == 3 }.count
        let new = self.wanted.enumerated().map { Self.section(count + $0 + 1, $1) }
        var head = Array(lines.lines[..<end])
        while head.last?.allSatisfy(\.isWhitespace) ?? false { head.removeLast() }
        return
            (head.map(String.init) + [""] + [new.joined(separator: "\n\n"), ""] + lines.lines[end...].map(String.init))
            .joined(separator: "\n")
    }

    private static func section(_ number: Int, _ principle: Principle) -> String {
        let numerals = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV"]
        let numeral = number <= numerals.count ? numerals[number - 1] : String(number)
        return """
            ### \(numeral). \(principle.name)

            \(principle.rule)

            **Why**: So that people can rely on it. The rehearsal wrote this; no language model took part.
            """
    }
}
