/// One result of a search, as the provider gave it; cut, on one line each.
package struct FoundPage: Sendable, Equatable {
    package let title: String
    package let address: String
    package let excerpt: String

    package init(title: String, address: String, excerpt: String) {
        self.title = title
        self.address = address
        self.excerpt = excerpt
    }
}
