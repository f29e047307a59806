/// The first lines of a `spec.md`. Written by us, whatever the model made of them.
package struct SpecificationHead: Sendable, Equatable {
    /// More of the description than this stands in a file of its own.
    static let inputLimit = 4_000

    package var title: String
    /// The feature's branch and folder.
    package var branch: String
    /// `2026-11-20`
    package var created: String
    /// The person's description.
    package var input: String

    package init(title: String, branch: String, created: String, input: String) {
        self.title = title
        self.branch = branch
        self.created = created
        self.input = input
    }

    /// Whether the head can't hold the whole description.
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
        // Format characters could turn the line's direction round; a joiner inside an emoji is lost with them.
        let text = String(String.UnicodeScalarView(self.input.unicodeScalars.map { isControl($0) ? " " : $0 }))
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private var shownInput: String {
        let line = self.inputLine
        guard self.isInputCut else { return line }
        var cut = ""
        for character in line {
            if cut.utf8.count + String(character).utf8.count > Self.inputLimit { break }
            cut.append(character)
        }
        return cut + "… (the whole text is in input.md)"
    }
}
