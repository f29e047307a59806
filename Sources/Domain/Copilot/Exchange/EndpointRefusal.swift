internal import HTTP

/// An answer that is no answer: its status, headers and the start of its body.
struct EndpointRefusal: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    /// The body as text, whatever it is.
    var words: String { String(decoding: self.body, as: UTF8.self) }
}
