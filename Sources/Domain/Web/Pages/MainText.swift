/// Finds the main text of a page by how much text its elements have, and how much of that is links; after Mozilla's
/// Readability. Linear in the number of nodes. Pure.
struct MainText {
    /// Characters of a paragraph that counts, and of a text that can be a page's main one.
    private static let (paragraph, least) = (25, 250)

    private let page: HTMLPage
    /// Bytes of text, and of that in links, in each node; nothing of what is hidden.
    private var text: [Int]
    private var links: [Int]
    /// Whether a node or one above it is hidden.
    let hidden: [Bool]

    init(_ page: HTMLPage) {
        self.page = page
        let count = page.nodes.count
        var (text, links, hidden) = ([Int](repeating: 0, count: count), [Int](repeating: 0, count: count), [Bool]())
        hidden.reserveCapacity(count)
        for (index, node) in page.nodes.enumerated() {
            hidden.append(node.isHidden || (index > 0 && hidden[node.parent]))
            guard node.isText, !hidden[index] else { continue }
            text[index] = page.bytes[node.range].count { !HTMLAttributes.isSpace($0) }
        }
        // What is in a node comes after it.
        for index in stride(from: count - 1, to: 0, by: -1) {
            let node = page.nodes[index]
            text[node.parent] += text[index]
            if node.tag == .a { links[index] = text[index] }
            links[node.parent] += links[index]
        }
        self.text = text
        self.links = links
        self.hidden = hidden
    }

    /// The nodes that hold the main text, in order; nil if the page has none that stands out.
    func places() -> [Int]? {
        let scores = self.scores()
        guard let top = scores.indices.max(by: { scores[$0] < scores[$1] }), scores[top] > 0 else { return nil }
        var place = top
        // The article around it, if there is one.
        var above = top
        while above > 0 {
            above = self.page.nodes[above].parent
            if [.article, .main].contains(self.page.nodes[above].tag) { place = above }
        }
        let parent = self.page.nodes[place].parent
        let enough = max(10, scores[top] / 5)
        let places =
            place == 0
            ? [0]
            : self.children(of: parent).filter { child in
                child == place || scores[child] >= enough
                    || (self.page.nodes[child].tag == .p && self.text[child] > 80 && self.density(child) < 0.25)
            }
        let size = places.reduce(0) { $0 + self.text[$1] }
        // A page of many short texts or links is a list, and all of it is meant.
        return size >= Self.least && size * 4 >= self.text[0] - self.links[0] ? places : nil
    }

    private func density(_ node: Int) -> Double {
        self.text[node] == 0 ? 0 : Double(self.links[node]) / Double(self.text[node])
    }

    private func children(of parent: Int) -> [Int] {
        var (children, index) = ([Int](), parent + 1)
        while index < self.page.nodes[parent].end {
            children.append(index)
            index = max(index + 1, self.page.nodes[index].end)
        }
        return children
    }

    private func scores() -> [Double] {
        var scores = [Double](repeating: 0, count: self.page.nodes.count)
        for (index, node) in self.page.nodes.enumerated() {
            guard [.p, .pre, .blockquote, .td, .li].contains(node.tag), !self.hidden[index],
                self.text[index] >= Self.paragraph
            else { continue }
            let score = (1 + min(Double(self.text[index]) / 100, 5)) * (1 - self.density(index))
            scores[node.parent] += score
            scores[self.page.nodes[node.parent].parent] += score / 2
        }
        for (index, node) in self.page.nodes.enumerated() where scores[index] > 0 {
            let isAside = node.tag.isAside || self.hidden[index]
            scores[index] = isAside ? 0 : max(0, scores[index] + Double(node.weight)) * (1 - self.density(index))
        }
        return scores
    }
}
