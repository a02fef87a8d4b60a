// What the pages do beyond htmx. Every page is whole without it.
"use strict";
