internal import Markdown

/// `checklists/NAME.md`: questions about the quality of the requirements.
package struct ChecklistDocument: Sendable, Hashable {
    package struct Item: Sendable, Hashable {
        /// `CHK001`; nil without an id.
        package let id: String?
        package let number: Int?
        package let text: String
        package let isTicked: Bool
        /// From 0.
        package let line: Int
    }

    package let markdown: MarkdownDocument
    package let items: [Item]

    package init(_ markdown: MarkdownDocument) {
        self.markdown = markdown
        self.items = markdown.lines.indices.compactMap { line in
            guard markdown.lines[line].kind == .text, let item = ListItem(markdown.visible(line)), let box = item.box
            else { return nil }
            let text = item.content.drop { $0 == UInt8(ascii: "*") }
            guard text.begins(with: "CHK"), let number = text.dropFirst(3).leadingNumber() else {
                return Item(id: nil, number: nil, text: item.content.text, isTicked: box.isTicked, line: line)
            }
            return Item(
                id: text[..<number.rest.startIndex].text, number: number.value,
                text: number.rest.drop { $0 == UInt8(ascii: "*") }.trimmed.text, isTicked: box.isTicked, line: line)
        }
    }
}
