// The sign-in knows no town's time. Only its colours hang on the hour, so they follow the browser's own: dark at night, as a board is.
const page = document.documentElement, hour = new Date().getHours();
if (page.dataset.theme === "auto" && (hour >= 20 || hour < 7)) page.dataset.theme = "dark";
