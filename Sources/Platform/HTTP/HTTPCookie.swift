/// A cookie to set; also reads the cookies of a request (RFC 6265).
package struct HTTPCookie: Sendable, Hashable {
    package enum SameSite: String, Sendable, Hashable {
        case strict = "Strict"
        case lax = "Lax"
    }

    /// Must be a token.
    package var name: String
    /// Visible ASCII without space, quote, comma, semicolon and backslash.
    package var value: String
    package var path = "/"
    /// In seconds; `nil` lasts for the browser's session, 0 deletes the cookie.
    package var maximumAge: Int?
    package var isSecure: Bool
    package var sameSite: SameSite = .lax

    package init(_ name: String, _ value: String, maximumAge: Int? = nil, isSecure: Bool) {
        self.name = name
        self.value = value
        self.maximumAge = maximumAge
        self.isSecure = isSecure
    }

    /// The value of a `Set-Cookie` header. Scripts never see the cookie: it is always `HttpOnly`.
    package var setCookie: String {
        var text = "\(self.name)=\(self.value); Path=\(self.path); HttpOnly; SameSite=\(self.sameSite.rawValue)"
        if let maximumAge = self.maximumAge { text += "; Max-Age=\(maximumAge)" }
        if self.isSecure { text += "; Secure" }
        return text
    }

    /// The value of the first cookie with this name in a request's headers.
    package static func value(of name: String, in headers: HTTPHeaders) -> String? {
        for header in headers.values(of: "cookie") {
            for pair in header.utf8.split(separator: 0x3B) {
                guard let equals = pair.firstIndex(of: 0x3D) else { continue }
                guard pair[..<equals].trimmingBlanks() == name else { continue }
                let value = pair[pair.index(after: equals)...].trimmingBlanks()
                return String(value)
            }
        }
        return nil
    }
}
