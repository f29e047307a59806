internal import HTTP
internal import HTTPClient
internal import Models
internal import Primitives

/// Why a search failed: what failed, why, and what to do, without the key.
package struct WebSearchFailure: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ text: String) { self.description = text }

    init(_ error: HTTPClientError, _ host: String, after timeout: Duration) {
        switch error.code {
        case .totalTimeout, .idleTimeout, .connectTimeout:
            self.init("\(host) did not answer within \(timeout.components.seconds) seconds. Try again later.")
        default: self.init("\(host) was not reached (\(error.message)). An owner has to check search.url.")
        }
    }

    /// - Parameter retry: Seconds after which the provider wants to be asked again.
    init(status: Int, _ settings: WebSearchSettings, _ failure: EndpointFailure, retry: Int?) {
        let (host, quotation) = (settings.url.host, failure.quotation)
        // As Brave answers to a key that it does not know.
        let isWrongKey = failure.code.lowercased().contains("token_invalid")
        switch status {
        case 403 where settings.provider == .searxng && settings.key == nil:
            self.init(
                "\(host) refused the search (403). SearXNG does so if its settings.yml lacks `json` in search.formats, "
                    + "or if its limiter is on. An owner has to change that.")
        case 401, 403,
            422 where status != 422 || isWrongKey:
            self.init("\(host) refused the key (\(status))\(quotation). An owner has to check search.key.")
        case 402, 432, 433:
            self.init("\(host) searches no more on this plan (\(status))\(quotation). An owner has to raise its limit.")
        case 404:
            self.init("\(host) has no such search (404). An owner has to check search.provider and search.url.")
        case 429:
            let when = retry.map { "Try again in \($0) seconds." } ?? "Try again in a minute."
            self.init("\(host) takes no more searches at the moment (429)\(quotation). \(when)")
        default: self.init("\(host) answered with \(status)\(quotation). Try again later.")
        }
    }

    static func notUnderstood(_ settings: WebSearchSettings) -> WebSearchFailure {
        WebSearchFailure(
            "\(settings.url.host) did not answer as \(settings.provider.rawValue) does. An owner has to check "
                + "search.provider and search.url.")
    }
}
