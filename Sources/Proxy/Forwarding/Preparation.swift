internal import EventLoop
internal import HTTP

/// A request prepared for the upstream.
@Net
struct Preparation {
    let access: UpstreamAccess
    let target: UpstreamTarget
    /// Where it is sent, in the order in which the URLs are tried.
    let urls: [HTTPURL]
    /// Whether the right one of the URLs is known.
    let isKnownPath: Bool
    /// The form in which a model is asked; nil for other requests.
    let api: ModelAPI?
    /// All but `Authorization`.
    var fields: HTTPHeaders
    let lookup: CacheLookup
}
