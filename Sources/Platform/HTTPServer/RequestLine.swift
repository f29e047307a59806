/// Where the parts of a request line lie in the head.
struct RequestLine {
    let method: Range<Int>
    let target: Range<Int>
    /// Where `HTTP/1.x` begins.
    let version: Int
}
