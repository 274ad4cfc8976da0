//! The HTML pages that Nextcloud answers where a client expected JSON or XML: only their beginning matters.

use super::reply::Nonce;

/// A page like Nextcloud's own, short. The content is HTML.
pub(super) fn page(nonce: &Nonce, content: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html class=\"ng-csp\" data-placeholder-focus=\"false\" lang=\"en\" data-locale=\"en\" \
         translate=\"no\" >\n\t<head\n data-requesttoken=\"\">\n\t\t<meta charset=\"utf-8\">\n\t\t<title>\n\t\t\t\
         Nextcloud\t\t</title>\n\t\t<meta name=\"csp-nonce\" nonce=\"{nonce}\">\n\t</head>\n\t<body>\n\t\t\
         {content}\n\t</body>\n</html>\n"
    )
}

/// nginx's page for a redirect (caldav/001).
pub(super) const MOVED: &str = "<html>\r\n<head><title>301 Moved Permanently</title></head>\r\n<body>\r\n<center><h1>301 Moved \
     Permanently</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n";
