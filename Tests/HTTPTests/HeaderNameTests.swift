import Testing

@testable import HTTP

@Suite("Names of fields as numbers")
struct HeaderNameTests {
    static let texts: [(HeaderName, String)] = [
        (.accept, "Accept"), (.acceptEncoding, "Accept-Encoding"), (.age, "Age"), (.apiKey, "Api-Key"),
        (.authorization, "Authorization"), (.cacheControl, "Cache-Control"), (.cfConnectingIP, "CF-Connecting-IP"),
        (.connection, "Connection"), (.contentEncoding, "Content-Encoding"), (.contentLength, "Content-Length"),
        (.contentType, "Content-Type"), (.cookie, "Cookie"), (.date, "Date"), (.etag, "ETag"), (.expect, "Expect"),
        (.expires, "Expires"), (.forwarded, "Forwarded"), (.host, "Host"), (.ifMatch, "If-Match"),
        (.ifModifiedSince, "If-Modified-Since"), (.ifNoneMatch, "If-None-Match"), (.ifRange, "If-Range"),
        (.ifUnmodifiedSince, "If-Unmodified-Since"), (.keepAlive, "Keep-Alive"), (.lastModified, "Last-Modified"),
        (.ocpAPIMSubscriptionKey, "Ocp-Apim-Subscription-Key"), (.origin, "Origin"), (.pragma, "Pragma"),
        (.proxyAuthenticate, "Proxy-Authenticate"), (.proxyAuthenticationInfo, "Proxy-Authentication-Info"),
        (.proxyAuthorization, "Proxy-Authorization"), (.proxyConnection, "Proxy-Connection"), (.range, "Range"),
        (.secFetchSite, "Sec-Fetch-Site"), (.setCookie, "Set-Cookie"), (.te, "TE"), (.trailer, "Trailer"),
        (.transferEncoding, "Transfer-Encoding"), (.trueClientIP, "True-Client-IP"), (.upgrade, "Upgrade"),
        (.userAgent, "User-Agent"), (.vary, "Vary"), (.via, "Via"), (.xAPIKey, "X-Api-Key"),
        (.xClientIP, "X-Client-IP"), (.xGoogAPIKey, "X-Goog-Api-Key"), (.xRealIP, "X-Real-IP"),
        (.xRequestID, "X-Request-Id"),
    ]

    @Test("every known name is found in any case, however the fields came, and nothing else is")
    func known() {
        #expect(Set(Self.texts.map(\.0)) == Set(HeaderName.allCases.filter { $0 != .other }))
        for (name, text) in Self.texts {
            for written in [text, text.lowercased(), text.uppercased()] {
                var headers: HTTPHeaders = [written: "x"]
                #expect(headers.known(at: 0) == name && headers.contains(name) && headers[name] == "x")
                headers[text] = "y"
                #expect(headers[name] == "y" && headers.count == 1)
                let bytes = Array(written.utf8)
                let field = HTTPHeaders.Field(
                    nameStart: 0, nameEnd: bytes.count, valueStart: bytes.count, valueEnd: bytes.count)
                #expect(HTTPHeaders(storage: bytes, fields: [field]).known(at: 0) == name)
            }
            for index in text.utf8.indices.dropLast() {
                var other = Array(text.utf8)
                other[text.utf8.distance(from: text.utf8.startIndex, to: index)] = UInt8(ascii: "~")
                #expect(HeaderName(other.span) == .other)
            }
            #expect(HeaderName(Array("\(text)x".utf8).span) == .other)
        }
    }

    @Test("after any changes, questions by number and by text have the same answers")
    func changes() {
        var random = SystemRandomNumberGenerator()
        var headers = HTTPHeaders()
        for _ in 0..<5_000 {
            let (name, text) = Self.texts.randomElement(using: &random)!
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1: headers.append(text, "\(headers.count)")
            case 2: headers.remove(name)
            case 3: headers.remove(text)
            default:
                headers = headers.filtered { $0 % 7 != 3 }
                headers.append("X-Other", "o")
            }
            for (name, text) in Self.texts {
                guard headers.contains(name) == headers.contains(text), headers[name] == headers[text] else {
                    Issue.record("\(text) differs in \(headers)")
                    return
                }
            }
        }
    }

    @Test("a name or a value that is no field's leaves nothing behind")
    func refused() {
        var headers: HTTPHeaders = ["Host": "a"]
        for name in ["", "a b", "Host:", "ho\u{e9}"] {
            let isAdded = headers.append(name, "x")
            #expect(!isAdded && headers.count == 1)
        }
        headers.append("X", "a\r\nHost: b\0")
        #expect(headers[1].value == "a  Host: b " && headers.rawBytes.count == 17)
        #expect(headers.isOnly(.host, "A") && !headers.isOnly(.host, "b") && !headers.isOnly(.date, "a"))
        headers.append("host", "a")
        #expect(!headers.isOnly(.host, "a"))
    }
}
