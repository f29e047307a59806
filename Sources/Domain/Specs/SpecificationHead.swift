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

    package init(title: String, branch: String, created: String, input: String) {
        self.title = title
        self.branch = branch
        self.created = created
        self.input = input
    }

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
        return cut + "… (the full text is in input.md)"
    }
}
