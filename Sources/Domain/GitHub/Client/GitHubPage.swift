package import HTTP

/// The address of a listing's next page, as GitHub gave it.
package struct GitHubPageLink: Sendable, Hashable {
    package let url: HTTPURL

    init(_ url: HTTPURL) { self.url = url }

    /// Reads `Link: <…>; rel="next"`. Nil without one, or where it points to another server: the token stays here.
    init?(in headers: HTTPHeaders, of page: HTTPURL) {
        for value in headers.values(of: "link") {
            for part in value.split(separator: ",") {
                let fields = part.split(separator: ";").map { $0.drop { $0 == " " } }
                guard let target = fields.first, target.hasPrefix("<"), target.hasSuffix(">"),
                    fields.dropFirst().contains(where: { $0 == "rel=\"next\"" || $0 == "rel=next" }),
                    let url = try? page.resolving(String(target.dropFirst().dropLast())), url.origin == page.origin
                else { continue }
                self.init(url)
                return
            }
        }
        return nil
    }
}

/// A part of a listing.
package struct GitHubPage<Item: Sendable>: Sendable {
    package let items: [Item]
    /// Nil on the last page.
    package let next: GitHubPageLink?

    package init(items: [Item], next: GitHubPageLink?) {
        self.items = items
        self.next = next
    }
}

extension GitHubPage: Equatable where Item: Equatable {}
