/// The field names that servers, clients and proxies look up in every message. A field's name is compared with them
/// once and is a number from then on.
package enum HeaderName: UInt8, Sendable, CaseIterable {
    /// Any other name.
    case other
    case accept, acceptEncoding, age, apiKey, authorization
    case cacheControl, cfConnectingIP, connection, contentEncoding, contentLength, contentType, cookie
    case date, etag, expect, expires, forwarded, host
    case ifMatch, ifModifiedSince, ifNoneMatch, ifRange, ifUnmodifiedSince
    case keepAlive, lastModified, ocpAPIMSubscriptionKey, origin
    case pragma, proxyAuthenticate, proxyAuthenticationInfo, proxyAuthorization, proxyConnection
    case range, secFetchSite, setCookie, te, trailer, transferEncoding, trueClientIP
    case upgrade, userAgent, vary, via
    case xAPIKey, xClientIP, xGoogAPIKey, xRealIP, xRequestID

    /// - Parameter name: In any case.
    package init(_ name: Span<UInt8>) {
        self =
            switch name.count {
            case 2: Self.first(name, (.te, "te"))
            case 3: Self.first(name, (.via, "via"), (.age, "age"))
            case 4: Self.first(name, (.host, "host"), (.date, "date"), (.etag, "etag"), (.vary, "vary"))
            case 5: Self.first(name, (.range, "range"))
            case 6:
                Self.first(
                    name, (.accept, "accept"), (.cookie, "cookie"), (.origin, "origin"), (.expect, "expect"),
                    (.pragma, "pragma"))
            case 7:
                Self.first(
                    name, (.apiKey, "api-key"), (.upgrade, "upgrade"), (.trailer, "trailer"), (.expires, "expires"))
            case 8: Self.first(name, (.ifMatch, "if-match"), (.ifRange, "if-range"))
            case 9: Self.first(name, (.xAPIKey, "x-api-key"), (.forwarded, "forwarded"), (.xRealIP, "x-real-ip"))
            case 10:
                Self.first(
                    name, (.connection, "connection"), (.userAgent, "user-agent"), (.keepAlive, "keep-alive"),
                    (.setCookie, "set-cookie"))
            case 11: Self.first(name, (.xClientIP, "x-client-ip"))
            case 12: Self.first(name, (.contentType, "content-type"), (.xRequestID, "x-request-id"))
            case 13:
                Self.first(
                    name, (.authorization, "authorization"), (.cacheControl, "cache-control"),
                    (.ifNoneMatch, "if-none-match"), (.lastModified, "last-modified"))
            case 14:
                Self.first(
                    name, (.contentLength, "content-length"), (.xGoogAPIKey, "x-goog-api-key"),
                    (.trueClientIP, "true-client-ip"), (.secFetchSite, "sec-fetch-site"))
            case 15: Self.first(name, (.acceptEncoding, "accept-encoding"))
            case 16:
                Self.first(
                    name, (.contentEncoding, "content-encoding"), (.proxyConnection, "proxy-connection"),
                    (.cfConnectingIP, "cf-connecting-ip"))
            case 17:
                Self.first(
                    name, (.transferEncoding, "transfer-encoding"), (.ifModifiedSince, "if-modified-since"))
            case 18: Self.first(name, (.proxyAuthenticate, "proxy-authenticate"))
            case 19:
                Self.first(
                    name, (.proxyAuthorization, "proxy-authorization"), (.ifUnmodifiedSince, "if-unmodified-since"))
            case 25:
                Self.first(
                    name, (.ocpAPIMSubscriptionKey, "ocp-apim-subscription-key"),
                    (.proxyAuthenticationInfo, "proxy-authentication-info"))
            default: .other
            }
    }

    /// A name and its number.
    private typealias Candidate = (HeaderName, StaticString)

    /// The candidates all have the name's length.
    @inline(__always)
    private static func first(
        _ name: Span<UInt8>, _ one: Candidate, _ two: Candidate? = nil, _ three: Candidate? = nil,
        _ four: Candidate? = nil, _ five: Candidate? = nil
    ) -> HeaderName {
        if Self.isEqual(name, one.1) { return one.0 }
        if let two, Self.isEqual(name, two.1) { return two.0 }
        if let three, Self.isEqual(name, three.1) { return three.0 }
        if let four, Self.isEqual(name, four.1) { return four.0 }
        if let five, Self.isEqual(name, five.1) { return five.0 }
        return .other
    }

    @inline(__always)
    private static func isEqual(_ name: Span<UInt8>, _ text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            for index in name.indices {
                guard unsafe name[index].lowercasedASCII == text[index] else { return false }
            }
            return true
        }
    }
}

/// A set of known names of fields.
package struct HeaderNames: Sendable, Hashable, ExpressibleByArrayLiteral {
    @usableFromInline var bits: UInt64 = 0

    @inlinable
    package init(arrayLiteral names: HeaderName...) {
        for name in names { self.insert(name) }
    }

    @inlinable
    package mutating func insert(_ name: HeaderName) { self.bits |= 1 << UInt64(name.rawValue) }

    @inlinable
    package func contains(_ name: HeaderName) -> Bool { self.bits >> UInt64(name.rawValue) & 1 == 1 }

    @inlinable
    package func isDisjoint(with others: HeaderNames) -> Bool { self.bits & others.bits == 0 }
}
