internal import HTTP
internal import JSON

extension ProxyRefusal {
    /// A request that cannot be translated into the form that the upstream has for the model.
    ///
    /// - Parameter message: What the request contains, why that has no counterpart, and what to do.
    static func untranslatable(_ message: String) -> ProxyRefusal {
        ProxyRefusal(
            status: .badRequest, message: message, type: "invalid_request_error", code: "untranslatable_request")
    }

    /// A request that is not valid in the client's own form.
    static func malformed(_ place: String, _ wanted: String, found value: JSON?) -> ProxyRefusal {
        .untranslatable(
            "\(place) must be \(wanted), but it is \(value.map(\.kind) ?? "missing"). Correct the request.")
    }

    static func unknown(_ what: String, _ type: String?, in place: String) -> ProxyRefusal {
        .untranslatable(
            "\(place) contains \(what) of type '\((type ?? "").prefix(60))', which has no counterpart in the API of "
                + "this model's upstream. Remove it, or use a model that has this API itself.")
    }

    /// A tool that only the servers of the client's API provide.
    static func serverTool(_ type: String) -> ProxyRefusal {
        .untranslatable(
            "The tool of type '\(type.prefix(60))' runs at the provider of another API, and this model's upstream "
                + "lacks it. Remove it from tools, or use a model that has this API itself.")
    }

    static func fileReference(in place: String) -> ProxyRefusal {
        .untranslatable(
            "\(place) refers to a file by its id or address, which this model's upstream cannot read. Send the "
                + "content itself, as base64.")
    }

    /// A setting without a counterpart.
    static func unsupported(_ setting: String, _ reason: String, _ advice: String) -> ProxyRefusal {
        .untranslatable("The request sets \(setting), but \(reason). \(advice)")
    }
}
