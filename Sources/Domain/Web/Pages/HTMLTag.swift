/// The elements that matter for text; all others are `other`.
enum HTMLTag: String {
    case a, abbr, address, article, aside, b, base, blockquote, body, br, button, caption, code, dd, details, dialog,
        div
    case dl, dt, em, embed, fieldset, figcaption, figure, footer, form, h1, h2, h3, h4, h5, h6, head, header, hr, html,
        i
    case iframe, img, input, li, link, main, math, meta, nav, noscript, object, ol, option, p, pre, section, select,
        span
    case script, source, strong, style, summary, svg, table, tbody, td, template, textarea, tfoot, th, thead, title, tr,
        ul
    case wbr, xmp
    case other

    /// Elements without content.
    var isVoid: Bool {
        switch self {
        case .base, .br, .embed, .hr, .img, .input, .link, .meta, .source, .wbr: true
        default: false
        }
    }

    /// Their content is text up to their end tag.
    var isRaw: Bool {
        switch self {
        case .iframe, .noscript, .script, .style, .textarea, .title, .xmp: true
        default: false
        }
    }

    /// Nobody reads their content on the page.
    var isHidden: Bool {
        switch self {
        case .button, .dialog, .embed, .head, .iframe, .input, .math, .noscript, .object, .option, .script, .select,
            .style,
            .svg, .template, .textarea, .title:
            true
        default: false
        }
    }

    /// What surrounds the main text.
    var isAside: Bool { self == .nav || self == .aside || self == .footer || self == .form }

    var isBlock: Bool {
        switch self {
        case .address, .article, .aside, .blockquote, .body, .br, .caption, .dd, .details, .div, .dl, .dt, .fieldset,
            .figcaption, .figure, .footer, .form, .h1, .h2, .h3, .h4, .h5, .h6, .header, .hr, .html, .li, .main, .nav,
            .ol,
            .p, .pre, .section, .summary, .table, .tbody, .tfoot, .thead, .tr, .ul:
            true
        default: false
        }
    }

    /// Open elements that a start tag ends, within the nearest of ``fences``.
    var ends: [HTMLTag] {
        switch self {
        case .li: [.li]
        case .dd, .dt: [.dd, .dt]
        case .tr: [.td, .th, .tr]
        case .td, .th: [.td, .th]
        case .option: [.option]
        default: self.isBlock && self != .br ? [.p] : []
        }
    }

    static let fences: Set<HTMLTag> = [.table, .ul, .ol, .dl, .select, .body, .article, .section, .div, .blockquote]
}
