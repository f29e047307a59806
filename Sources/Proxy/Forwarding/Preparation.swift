internal import EventLoop
internal import HTTP

/// A request as it is to go out, before the upstream was asked.
@Net
struct Preparation {
    let access: UpstreamAccess
    let target: UpstreamTarget
    /// All but `Authorization`.
    var fields: HTTPHeaders
    let lookup: CacheLookup
}
