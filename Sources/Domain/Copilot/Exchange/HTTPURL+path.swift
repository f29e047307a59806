internal import HTTP

extension HTTPURL {
    /// With `path` behind its own path, whether that ends in a slash or not.
    func adding(path: String) -> HTTPURL {
        var url = self
        url.path = (url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path) + "/" + path
        return url
    }
}
