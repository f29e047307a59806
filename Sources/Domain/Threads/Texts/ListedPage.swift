/// A part of a listing.
package struct ListedPage: Sendable, Hashable {
    /// The items of a page.
    package static let size = 25

    /// The first line; without items, the reason why. Markdown.
    package let title: String
    /// Markdown, one line each.
    package let items: [String]
    package let hasMore: Bool

    package init(_ title: String, _ items: [String] = [], hasMore: Bool = false) {
        self.title = title
        self.items = items
        self.hasMore = hasMore
    }

    /// The page's part of all items.
    package init(_ title: String, _ page: Int, of all: [String]) { self.init(title, page, of: all) { $0 } }

    /// The same for items of any kind; only those of the page are written as lines.
    package init<Item>(_ title: String, _ page: Int, of all: [Item], line: (Item) -> String) {
        let first = (page - 1) * Self.size
        guard first < all.count else {
            self.init(page == 1 ? "\(title): nothing." : "\(title): there is no page \(page).")
            return
        }
        let last = min(all.count, first + Self.size)
        self.init(
            "\(title), \(first + 1) to \(last) of \(all.count):", all[first..<last].map(line),
            hasMore: last < all.count)
    }
}
