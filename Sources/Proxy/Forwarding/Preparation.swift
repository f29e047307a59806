internal import EventLoop
internal import HTTP

/// A request prepared for the upstream.
@Net
struct Preparation {
    let access: UpstreamAccess
    let target: UpstreamTarget
    /// All but `Authorization`.
    var fields: HTTPHeaders
    let lookup: CacheLookup
}
