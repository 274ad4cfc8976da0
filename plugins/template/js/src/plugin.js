// The `PLUGIN_NAME` tools. One to begin with: it lists the apps in the user's menu.

import { ocs, serve, whereAmI } from "../kit/nextcloud.js";

const TEXT = { type: "string" };

const listApps = {
  name: "list_apps",
  title: "List Apps",
  description: "Lists the apps in the user's Nextcloud menu with their addresses. Example: name \"cal\".",
  arguments: {
    name: { ...TEXT, description: "Only apps with this in their name, in any case; all if empty.", default: "" },
  },
  result: {
    apps: { type: "array", items: { type: "object", properties: { id: TEXT, name: TEXT, url: TEXT } } },
  },
  run({ name }) {
    const entries = ocs("/ocs/v2.php/core/navigation/apps", { about: "the user's menu" });
    const { url, webRoot } = whereAmI();
    const wanted = name.toLowerCase();
    const apps = entries
      .filter((entry) => entry.name.toLowerCase().includes(wanted))
      // An href begins with the web root, which `url` has already.
      .map(({ id, name, href }) => ({ id, name, url: url + (href.startsWith(webRoot) ? href.slice(webRoot.length) : href) }));
    return { text: `Apps: ${apps.length}.`, data: { apps } };
  },
};

export const tools = serve([listApps]);
