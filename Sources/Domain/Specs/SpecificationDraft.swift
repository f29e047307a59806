internal import Primitives

/// Turns a model's stream into a specification as it arrives; people see exactly what is committed.
///
/// Writes the head itself; drops words before the document, a fence around it, and control characters; corrects the
/// headings of known sections; and limits open questions to three.
package struct SpecificationDraft: Sendable {
    private enum State {
        /// Before the title.
        case opening
        /// Below the title, where the model may have written its own head.
        case head
        case body
        /// After the fence that the model put around the document.
        case closed
    }

    package private(set) var document = ""
    /// The text before the document, for the error when no document follows.
    package private(set) var preface = ""
    private var head: SpecificationHead
    private var state = State.opening
    var line = ""
    private var markers = ClarificationMarkers()
    private var isFenced = false
    /// The open fence inside the document.
    private var innerFence: String?
    private var isInputContinued = false

    /// `head.title` applies when the model writes no title.
    package init(head: SpecificationHead) {
        self.head = head
    }

    mutating func take(_ line: String) {
        switch self.state {
        case .opening: self.takeOpening(line)
        case .head: self.takeHead(line)
        case .body: self.takeBody(line)
        case .closed: break
        }
    }

    private mutating func takeOpening(_ line: String) {
        let text = line.drop { $0 == " " }
        if text.hasPrefix("```") || text.hasPrefix("~~~") {
            self.isFenced.toggle()
        } else if text.hasPrefix("# ") {
            self.begin(title: String(text.dropFirst(2)))
        } else if SpecificationSection(heading: text) != nil {
            self.begin(title: "")
            self.takeHead(line)
        } else {
            self.preface += self.preface.utf8.count < 2_000 ? line + "\n" : ""
        }
    }

    private mutating func begin(title: String) {
        var title = title
        let label = "feature specification"
        if title.lowercased().hasPrefix(label) { title = String(title.dropFirst(label.count).drop { $0 == ":" }) }
        title = title.split(separator: " ").joined(separator: " ")
        if !title.isEmpty, title.first != "[" { self.head.title = String(title.prefix(120)) }
        self.document = self.head.text
        self.state = .head
    }

    private mutating func takeHead(_ line: String) {
        let text = line.drop { $0 == " " || $0 == "-" }
        if text.isEmpty {
            self.isInputContinued = false
            return
        }
        let labels = ["**feature branch", "**created", "**status", "**input", "feature branch:", "created:", "status:"]
        let lower = text.lowercased()
        if labels.contains(where: { lower.hasPrefix($0) }) {
            self.isInputContinued = lower.hasPrefix("**input")
            return
        }
        // Skip a copied description of several lines.
        if self.isInputContinued, !text.hasPrefix("#") { return }
        self.state = .body
        self.takeBody(line)
    }

    private mutating func takeBody(_ line: String) {
        let text = line.drop { $0 == " " }
        if let fence = self.innerFence {
            if text == fence { self.innerFence = nil }
        } else if text.hasPrefix("```") || text.hasPrefix("~~~") {
            let fence = String(text.prefix { $0 == text.first })
            if self.isFenced, text == fence {
                self.state = .closed
                return
            }
            self.innerFence = fence
        } else if let section = SpecificationSection(heading: line) {
            self.document += section.heading + "\n"
            return
        }
        self.document += self.markers.limit(line) + "\n"
    }
}

/// The first lines of a `spec.md`, which Jetbridge writes in place of the model's.
package struct SpecificationHead: Sendable, Equatable {
    /// In bytes. A longer description goes into a separate file.
    static let inputLimit = 4_000

    package var title: String
    /// The name of the feature's branch and folder.
    package var branch: String
    /// `2026-11-20`
    package var created: String
    /// The person's description.
    package var input: String

    /// Whether the description is too long for the head.
    package var isInputCut: Bool { self.inputLine.utf8.count > Self.inputLimit }

    package var text: String {
        """
        # Feature Specification: \(self.title)

        **Feature Branch**: `\(self.branch)`

        **Created**: \(self.created)

        **Status**: Draft

        **Input**: User description: "\(self.shownInput)"


        """
    }

    private var inputLine: String {
        let isControl = { (scalar: Unicode.Scalar) in
            scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
        }
        // Format characters could reverse the text direction; joiners inside emoji are lost with them.
        let text = String(String.UnicodeScalarView(self.input.unicodeScalars.map { isControl($0) ? " " : $0 }))
        return text.onOneLine
    }

    private var shownInput: String {
        let line = self.inputLine
        guard self.isInputCut else { return line }
        var cut = ""
        for character in line {
            if cut.utf8.count + String(character).utf8.count > Self.inputLimit { break }
            cut.append(character)
        }
        return cut + "… (the full text is in input.md)"
    }
}

/// Limits the open questions of a specification to three; further ones become assumptions to confirm.
struct ClarificationMarkers: Sendable {
    static let limit = 3
    private static let start = "[NEEDS CLARIFICATION"

    /// The number of questions kept.
    private(set) var count = 0

    /// The line, with markers over the limit rewritten.
    mutating func limit(_ line: String) -> String {
        guard line.contains(Self.start) else { return line }
        var result = ""
        var rest = Substring(line)
        while let marker = rest.firstRange(of: Self.start) {
            result += rest[..<marker.lowerBound]
            let question = rest[marker.upperBound...].drop { $0 == ":" || $0 == " " }
            let end = question.firstIndex(of: "]")
            if self.count < Self.limit {
                self.count += 1
                let next = end.map { rest.index(after: $0) } ?? rest.endIndex
                result += rest[marker.lowerBound..<next]
                rest = rest[next...]
            } else {
                result += "(assumption to confirm: \(end.map { question[..<$0] } ?? question))"
                rest = end.map { rest[rest.index(after: $0)...] } ?? ""
            }
        }
        return result + rest
    }

    /// A marker for `question`, or an assumption when the limit is reached.
    mutating func mark(_ question: String) -> String {
        self.limit("\(Self.start): \(question)]")
    }
}
