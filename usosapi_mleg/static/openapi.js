/* Shows the OpenAPI document. Calls are made in the console, because Swagger UI cannot sign with OAuth 1.0a. */

const place = document.getElementById("swagger");

SwaggerUIBundle({
  domNode: place,
  url: place.dataset.description,
  docExpansion: "none",
  deepLinking: true,
  supportedSubmitMethods: [],
  validatorUrl: null,
});
